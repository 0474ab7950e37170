import { expect, it } from "vitest";
import { targets } from "./fuzzed.ts";

const seed = Number(process.env.MONITOR_SEED ?? 20_261_122);

it.each(targets.map((target) => [target.name, target] as const))(
  "%s: nothing makes it throw",
  (_, { check }) => {
    expect(() => check(300, seed)).not.toThrow();
  },
);
