import { expect, it } from "vitest";
import { parseRecalled } from "../../../../src/core/log/recalled-event.ts";
import { remember } from "../../../../src/core/log/remembered.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import { minute, now } from "../../../support/sample-clock.ts";

const event = (type: string, at: number, data: object) =>
  parseRecalled({
    id: `${at}`,
    time: formatTime(at),
    subject: "bg_1",
    type: `agentmonitor.${type}.v1`,
    data,
  }) ?? expect.unreachable();
const run = (at: number, unseen: unknown) =>
  event("run", at, { trigger: "cron", tasks: {}, told: null, unseen });
const changed = (at: number, title: string) =>
  event("task.health_changed", at, {
    run_id: "r",
    to: "healthy",
    reason: "recent_activity",
    title,
    task_id: "bg_1",
    session_id: null,
    worktree: ".worktrees/a",
  });

it("knows which processes the last run missed, and since when", () => {
  const missed = (at: number) => ({ "a#7": formatTime(at) });
  const { unseen } = remember(
    [run(now - 8 * minute, missed(now - 9 * minute)), run(now - 4 * minute, {})],
    now,
  );
  expect(unseen.size).toBe(0);
  expect(remember([run(now, missed(now - minute))], now).unseen.get("a#7")).toBe(now - minute);
});

it("keeps what it knows over the run of a version that says nothing of it", () => {
  const before = remember([run(now - minute, { "a#7": formatTime(now - minute) })], now);
  expect(remember([run(now, undefined)], now, before).unseen.size).toBe(1);
});

it("knows whose a worktree was last, and nothing of later than now", () => {
  const events = [
    changed(now - 2 * minute, "Old"),
    changed(now - minute, "New"),
    changed(now + minute, "Later"),
  ];
  expect(remember(events, now).places.get(".worktrees/a")).toEqual({
    subject: "bg_1",
    at: now - minute,
    taskId: "bg_1",
    title: "New",
    sessionId: null,
  });
});
