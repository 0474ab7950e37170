import { afterEach, describe, expect, it } from "vitest";
import type { OpenCall } from "../../../../src/core/evidence/activity.ts";
import { codex } from "../../../../src/sources/codex/index.ts";
import type { LaidOutHome } from "../../../support/laid-out-home.ts";
import { item, layRollout, started, takeAway, type Written } from "./written-rollout.ts";

const laidOut: LaidOutHome[] = [];
afterEach(() => takeAway(laidOut));

const tui = { source: "cli", originator: "codex-tui" };
const allows = (approval_policy: string, more: object = {}): Written => ({
  type: "turn_context",
  payload: { approval_policy, ...more },
});
const command = (more: object): Written =>
  item("function_call", {
    name: "exec_command",
    call_id: "c",
    arguments: JSON.stringify({ cmd: "make", yield_time_ms: 10_000, ...more }),
  });
const escalated = command({ sandbox_permissions: "require_escalated" });
const patch = item("custom_tool_call", { name: "apply_patch", call_id: "c", input: "*** Begin Patch" });

async function open(records: readonly Written[], meta: object): Promise<OpenCall> {
  const home = layRollout([started, ...records], meta);
  laidOut.push(home);
  const { streams } = await codex.collect(home.context());
  return streams[0]?.activity.openCalls[0] ?? expect.unreachable();
}

describe("whether a person may be asked before a call runs", () => {
  it.each<[string, readonly Written[], object, boolean | null]>([
    ["leaves the sandbox", [allows("on-request"), escalated], tui, true],
    ["changes files", [allows("on-request"), patch], tui, true],
    ["stays in the sandbox", [allows("on-request"), command({})], tui, false],
    ["is a command where only known ones are trusted", [allows("untrusted"), command({})], tui, true],
    ["is such a command in a run to its end", [allows("untrusted"), command({})], {}, false],
    [
      "is a command in a later turn that trusts",
      [allows("untrusted"), allows("on-request"), command({})],
      tui,
      false,
    ],
    ["leaves the sandbox, and nobody is ever asked", [allows("never"), escalated], tui, false],
    [
      "leaves the sandbox, and no person reviews it",
      [allows("on-request", { approvals_reviewer: "auto_review" }), escalated],
      tui,
      false,
    ],
    ["leaves the sandbox in a run to its end", [allows("on-request"), escalated], {}, false],
    ["changes files in a version that does not say", [patch], tui, null],
  ])("is known of one that %s", async (_, records, meta, mayAsk) => {
    expect((await open(records, meta)).mayAsk).toBe(mayAsk);
  });
});

it("takes the time after which a command goes on in the background for no limit", async () => {
  expect((await open([command({})], tui)).timeoutMs).toBeNull();
  expect((await open([command({ timeout_ms: 60_000 })], tui)).timeoutMs).toBe(60_000);
});
