import { expect, it } from "vitest";
import { planAfterTaskResult } from "../../../src/sources/claude-code/plan.ts";
import { callEnded } from "../../../src/sources/codex/calls.ts";
import { emptyMemory } from "../../../src/sources/codex/memory.ts";

// Whoever names a call or a task may call it what every JavaScript object has.
const ids = ["constructor", "toString", "__proto__"];
const at = Date.parse("2026-11-22T14:32:00Z");

it.each(ids)("knows no command of a Codex call %s that it did not see begin", (id) => {
  const output = `Chunk ID: a1\nProcess running with session ID 7001\nOutput:\n`;
  const events = callEnded({ call_id: id, output }, { at, line: 1 }, emptyMemory());
  expect(events).toMatchObject([
    { type: "call_ended", callId: id, outcome: "ok" },
    { type: "child_started", childId: "7001", title: null },
  ]);
});

it.each(ids)("knows no Claude Code task %s that nothing created", (taskId) => {
  expect(planAfterTaskResult({}, { taskId, statusChange: { to: "completed" } })).toBeNull();
  expect([Object, Object.prototype, Object.prototype.toString]).not.toContainEqual(
    expect.objectContaining({ status: "completed" }),
  );
});
