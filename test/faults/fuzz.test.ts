import { expect, it } from "vitest";
import { targets } from "./fuzzed.ts";
import { workspaces } from "./fuzzed-workspaces.ts";

const seed = Number(process.env.MONITOR_SEED ?? 20_261_122);

it.each([...targets, workspaces].map((target) => [target.name, target] as const))(
  "%s: nothing makes it throw",
  async (_, { check, share = 1 }) => {
    await expect((async () => check(300 * share, seed))()).resolves.toBeUndefined();
  },
);
