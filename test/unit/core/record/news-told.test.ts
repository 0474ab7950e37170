import { describe, expect, it } from "vitest";
import type { Health } from "../../../../src/core/log/health.ts";
import { type History, look, noHistory, type Told } from "../../../../src/core/log/history.ts";
import { composeNews, toldOf } from "../../../../src/core/record/changed.ts";
import type { TaskReport } from "../../../../src/core/report/report.ts";
import { toRow } from "../../../../src/core/report/task-row.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { assessNow } from "../../../support/sample-task.ts";

type Seen = Partial<
  Pick<TaskReport, "health" | "confirmed" | "flapping" | "needs_attention" | "waiting_for">
>;

const { task } = toRow(assessNow({}), {
  now,
  history: noHistory,
  experience: new Map(),
  relativePath: (path) => path,
  pastedPath: (path) => path,
});
const seen = (given: Seen): TaskReport => ({
  ...task,
  health: "stuck",
  confirmed: true,
  flapping: false,
  needs_attention: true,
  waiting_for: null,
  ...given,
});
/** What a reader was told before; null: nothing. */
function knowing(told: Partial<Told> | null, health: Health = "stuck"): History {
  const before = look(null, health, "x", now - 4 * minute);
  const known: Told | null = told && { health, isFlapping: false, at: now - 4 * minute, ...told };
  return {
    ...noHistory,
    previousRunAt: now - 4 * minute,
    tasks: new Map([["a", { ...before, told: known }]]),
  };
}
const waiting = (since: number, kind = "question") =>
  seen({ health: "waiting", waiting_for: { kind, tool: null, text: null, since: formatTime(since) } });
const recently = { isFlapping: true, at: now - minute };
const anHourAgo = { at: now - hour };
const almostAnHourAgo = { at: now - hour + 1 };

describe("what a reader is told of a task", () => {
  it.each<[string, TaskReport, History, string | null]>([
    ["the same trouble within the hour", seen({}), knowing(almostAnHourAgo), null],
    ["the same trouble after an hour", seen({}), knowing(anHourAgo), "still"],
    [
      "the same health after an hour, when it needs nobody",
      seen({ health: "healthy", needs_attention: false }),
      knowing(anHourAgo, "healthy"),
      null,
    ],
    ["the same failure after an hour", seen({ health: "failed" }), knowing(anHourAgo, "failed"), null],
    ["a change that is confirmed", seen({}), knowing({}, "healthy"), "changed"],
    ["a change that one look saw", seen({ confirmed: false }), knowing({}, "healthy"), null],
    ["a wait that one look saw", seen({ health: "waiting", confirmed: false }), knowing({}), "changed"],
    ["a failure that one look saw", seen({ health: "failed", confirmed: false }), knowing({}), "changed"],
    ["a recovery that one look saw", seen({ health: "healthy", confirmed: false }), knowing({}), "changed"],
    ["a flapping that goes on within the hour", seen({ flapping: true }), knowing(recently, "healthy"), null],
    [
      "a flapping that goes on after an hour",
      seen({ flapping: true }),
      knowing({ ...recently, ...anHourAgo }, "healthy"),
      "changed",
    ],
    ["a flapping that is new", seen({ flapping: true }), knowing({}, "healthy"), "changed"],
    ["a flapping that is over", seen({}), knowing(recently, "healthy"), "changed"],
    [
      "a flapping task that waits",
      seen({ health: "waiting", flapping: true }),
      knowing(recently, "healthy"),
      "changed",
    ],
    ["a trouble of which nothing was told", seen({}), knowing(null), "changed"],
    ["a healthy task of which nothing was told", seen({ health: "healthy" }), knowing(null), null],
    ["a question asked since", waiting(now - 3 * minute), knowing({}, "waiting"), "asks_again"],
    ["a question asked just then", waiting(now - 4 * minute), knowing({}, "waiting"), null],
    ["a usage limit met since", waiting(now - 3 * minute, "usage_limit"), knowing({}, "waiting"), null],
  ])("%s", (_, report, history, kind) => {
    const news = composeNews([{ subject: "a", task: report }], history, now, null);
    expect(news).toMatchObject({ kind: "changes", changes: kind === null ? [] : [{ subject: "a", kind }] });
  });

  it.each<[string, History, Health | null]>([
    ["what it was told last", knowing({ health: "waiting" }, "healthy"), "waiting"],
    ["what it was before, where nothing was told", knowing(null, "healthy"), "healthy"],
    ["nothing, where the task is new", { ...noHistory, previousRunAt: now }, null],
  ])("changed from %s", (_, history, from) => {
    const news = composeNews([{ subject: "a", task: seen({}) }], history, now, null);
    expect(news).toMatchObject({ changes: [{ from }] });
  });
});

describe("what a run keeps of what it told", () => {
  const rows = [
    { subject: "a", task: seen({ flapping: true }) },
    { subject: "b", task: seen({ health: "healthy" }) },
  ];

  it.each<[string, History, string | null, object]>([
    [
      "everything, where the record was lost",
      noHistory,
      "it is damaged",
      { a: "stuck/flapping", b: "healthy" },
    ],
    ["the changes, where there never was a record", noHistory, null, { a: "stuck/flapping" }],
    [
      "the changes, where an old record is still there",
      knowing({}, "healthy"),
      "it is damaged",
      { a: "stuck/flapping" },
    ],
  ])("is %s", (_, history, lost, told) => {
    expect(toldOf(composeNews(rows, history, now, lost), rows)).toEqual(told);
  });
});
