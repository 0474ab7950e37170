import { describe, expect, it } from "vitest";
import type { Health } from "../../../../src/core/log/health.ts";
import { type History, look, noHistory, type Told } from "../../../../src/core/log/history.ts";
import { noPast, type TaskPast } from "../../../../src/core/log/past.ts";
import { recordedEnd } from "../../../../src/core/log/recalled-event.ts";
import { type Change, composeNews, toldOf } from "../../../../src/core/record/changed.ts";
import { composeEvents } from "../../../../src/core/record/compose-events.ts";
import { composeReport } from "../../../../src/core/report/compose-report.ts";
import { type Row, toRow } from "../../../../src/core/report/task-row.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active, asked, call, ended } from "../../../support/sample-events.ts";
import { sampleContext } from "../../../support/sample-report.ts";
import { transcript } from "../../../support/sample-stream.ts";
import { assessNow } from "../../../support/sample-task.ts";

const report = sampleContext(now);
const tasks = {
  healthy: transcript(active(0)),
  stuck: transcript(active(20 * minute)),
  struggling: transcript(...[3, 2, 1].map((ago) => call(ago * minute, "failed"))),
  waiting: transcript(asked(minute, "question")),
  limited: transcript(asked(minute, "usage_limit")),
  failed: transcript(ended(minute, "failure", "boom")),
  completed: transcript(ended(minute)),
} as const;
type Seen = keyof typeof tasks;

function rowOf(seen: Seen, history: History, past: TaskPast = noPast): Row {
  const assessment = assessNow({ streams: [tasks[seen]] }, now, past);
  return toRow(assessment, {
    now,
    history,
    experience: new Map(),
    relativePath: (path) => path,
    pastedPath: (path) => path,
  });
}

/** What a run recorded that saw a task end. */
function recordedOf(seen: Seen): TaskPast {
  const { report: whole, rows } = composeReport([assessNow({ streams: [tasks[seen]] })], report);
  const events = composeEvents(whole, rows, noHistory, now);
  const finished = events.find((event) => event.type === "agentmonitor.task.finished.v1");
  return finished === undefined ? noPast : { ...noPast, end: recordedEnd(finished) };
}

/** What a reader was told before (null: nothing), and what the last look found. */
function knowing(
  told: Partial<Told> | null,
  last: Health = "healthy",
  given: Partial<History> = {},
): History {
  const known: Told = {
    health: "healthy",
    isFlapping: false,
    at: now - 4 * minute,
    firstAt: now - 4 * minute,
    which: null,
  };
  return {
    ...noHistory,
    previousRunAt: now - 4 * minute,
    tasks: new Map([["bg_1", look(null, last, "x", now - 4 * minute)]]),
    told: new Map(told === null ? [] : [["bg_1", { ...known, ...told }]]),
    inTrouble: new Set(last === "stuck" || last === "struggling" ? ["bg_1"] : []),
    ...given,
  };
}

function newsOf(seen: Seen, history: History, isFlapping = false): readonly Change[] {
  const hasFailed = history.told.get("bg_1")?.health === "failed";
  const row = rowOf(seen, history, hasFailed && seen === "failed" ? recordedOf(seen) : noPast);
  const news = composeNews(
    [{ ...row, task: { ...row.task, flapping: isFlapping } }],
    report,
    history,
    now,
    null,
  );
  return news.kind === "changes" ? news.changes : expect.unreachable();
}

const whichOf = (seen: Seen) => {
  const row = rowOf(seen, noHistory);
  const told = toldOf({ kind: "everything", why: "" }, [row], report).bg_1;
  return told?.split("/")[2] ?? null;
};
const stuckSince = (hours: number, at = hours): Partial<Told> => ({
  health: "stuck",
  firstAt: now - hours * hour,
  at: now - at * hour,
});

describe("what a reader is told of a task", () => {
  it.each<[string, Seen, History, Change["kind"] | null]>([
    ["trouble that one look saw", "stuck", knowing({}), null],
    ["trouble that a second look confirms", "stuck", knowing({}, "stuck"), "changed"],
    ["trouble after another trouble", "stuck", knowing({}, "struggling"), "changed"],
    ["trouble of a task of which nothing was told", "stuck", knowing(null, "stuck"), "changed"],
    ["a worse trouble than was told", "stuck", knowing({ health: "struggling" }), "changed"],
    ["a milder trouble than was told", "struggling", knowing({ health: "stuck" }, "stuck"), null],
    ["the same trouble within the hour", "stuck", knowing(stuckSince(0.99), "stuck"), null],
    ["the same trouble after an hour", "stuck", knowing(stuckSince(1), "stuck"), "still"],
    ["it after three hours, told after two", "stuck", knowing(stuckSince(3, 1), "stuck"), null],
    ["it after four hours, told after two", "stuck", knowing(stuckSince(4, 2), "stuck"), "still"],
    ["it after eight hours, told after four", "stuck", knowing(stuckSince(8, 4), "stuck"), "still"],
    ["it after thirty hours, told after eight", "stuck", knowing(stuckSince(30, 22), "stuck"), null],
    ["it after thirty-two hours, told after eight", "stuck", knowing(stuckSince(32, 24), "stuck"), "still"],
    ["it after three hours in which nobody ran", "stuck", knowing(stuckSince(3), "stuck"), "still"],
    ["a recovery", "healthy", knowing({ health: "stuck" }, "stuck"), "changed"],
    ["what was answered", "healthy", knowing({ health: "waiting", which: "q" }, "waiting"), null],
    ["a limit that lifted", "healthy", knowing({ health: "waiting", which: "limit" }, "waiting"), "changed"],
    ["what works again after its end", "healthy", knowing({ health: "completed" }), "changed"],
    ["a healthy task of which nothing was told", "healthy", knowing(null), null],
    ["a question", "waiting", knowing({}), "changed"],
    [
      "the same question",
      "waiting",
      knowing({ health: "waiting", which: whichOf("waiting") }, "waiting"),
      null,
    ],
    [
      "it after hours",
      "waiting",
      knowing({ ...stuckSince(3), health: "waiting", which: whichOf("waiting") }),
      null,
    ],
    ["it seen again after a look that missed it", "waiting", knowing({ which: whichOf("waiting") }), null],
    ["another question", "waiting", knowing({ health: "waiting", which: "q" }, "waiting"), "again"],
    [
      "a question that a full report told",
      "waiting",
      knowing({ health: "waiting", which: null, at: now }),
      null,
    ],
    ["a question after that report", "waiting", knowing({ health: "waiting", which: null, at: 0 }), "again"],
    ["the same limit", "limited", knowing({ health: "waiting", which: "limit" }, "waiting"), null],
    ["a failure", "failed", knowing({}), "changed"],
    ["the same failure", "failed", knowing({ health: "failed", which: whichOf("failed") }), null],
    ["another failure", "failed", knowing({ health: "failed", which: "e" }), "again"],
    ["a failure that an older version told", "failed", knowing({ health: "failed", at: now }), null],
    ["a failure after one that an older version told", "failed", knowing({ health: "failed" }), "again"],
    ["a completion after a failure", "completed", knowing({ health: "failed", which: "e" }), "changed"],
  ])("%s", (_, seen, history, kind) => {
    expect(newsOf(seen, history).map((change) => change.kind)).toEqual(kind === null ? [] : [kind]);
  });

  it.each<[string, Seen, Partial<Told>, number]>([
    ["within the hour", "stuck", { isFlapping: true }, 0],
    ["after an hour", "stuck", { isFlapping: true, at: now - hour }, 1],
    ["for the first time", "stuck", {}, 1],
    ["and waits", "waiting", { isFlapping: true }, 1],
    ["and failed", "failed", { isFlapping: true }, 1],
  ])("of a task that flaps: %s", (_, seen, told, count) => {
    expect(newsOf(seen, knowing(told, "stuck"), true)).toHaveLength(count);
  });

  it.each<[string, History, Health | null]>([
    ["what it was told last", knowing({ health: "completed" }, "stuck"), "completed"],
    ["nothing, where a question was answered that was told", knowing({ which: "q" }, "stuck"), null],
    ["nothing of a trouble that was not told", knowing(null, "struggling"), null],
  ])("changed from %s", (_, history, from) => {
    expect(newsOf("stuck", history)).toMatchObject([{ from }]);
  });

  it.each<[Seen, string]>([
    ["failed", '"boom"'],
    ["struggling", "read ×3"],
    ["stuck", "no tool running"],
  ])("what to act on: %s", (seen, detail) => {
    expect(newsOf(seen, knowing({}, "stuck"))[0]?.detail).toContain(detail);
  });
});

describe("what a run keeps of what it told", () => {
  it("is everything where the record was lost", () => {
    const rows = [rowOf("stuck", noHistory)];
    const news = composeNews(rows, report, noHistory, now, "it is damaged");
    expect(news).toEqual({ kind: "everything", why: "it is damaged" });
    expect(toldOf(news, rows, report)).toEqual({ bg_1: "stuck" });
  });

  it("names the question and the end", () => {
    expect([whichOf("waiting"), whichOf("failed"), whichOf("limited")]).toEqual([
      expect.stringMatching(/^[0-9a-f]{12}$/),
      expect.stringMatching(/^[0-9a-f]{12}$/),
      "limit",
    ]);
  });
});
