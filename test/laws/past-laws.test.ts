import { appendFileSync, renameSync, rmSync, truncateSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPast } from "../../src/io/event-history.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

const log = ".agents/logs/background_monitoring.jsonl";
const minute = 60_000;
const start = Date.parse("2026-11-01T00:00:00Z");

const subject = fc.constantFrom("bg_1", "bg_2", "bg_3");
const health = fc.constantFrom("healthy", "stuck", "completed");
const states = fc.dictionary(
  subject,
  health.map((word) => `${word}/recent_activity`),
  { maxKeys: 3, noNullPrototype: true },
);
/** Runs that overlap write an event twice. */
const id = fc.integer({ min: 0, max: 400 }).map((n) => `id-${n}`);
/** Mostly just then; sometimes of a clock that was set back afterwards. */
const minutesAgo = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 30 }) },
  { weight: 1, arbitrary: fc.integer({ min: -60, max: 0 }) },
);
const event = fc.oneof(
  fc.record({
    id,
    minutesAgo,
    type: fc.constant("agentmonitor.run.v1"),
    data: fc.record({
      reader: fc.constantFrom("", "ada@host", "mail"),
      trigger: fc.constantFrom("cron", "terminal"),
      tasks: fc.option(states),
      told: fc.option(states),
    }),
  }),
  fc.record({
    id,
    minutesAgo,
    type: fc.constant("agentmonitor.task.health_changed.v1"),
    subject,
    data: fc.record({
      reader: fc.constantFrom("", "mail"),
      run_id: id,
      to: health,
      reason: fc.constant("recent_activity"),
    }),
  }),
  fc.record({
    id,
    minutesAgo,
    type: fc.constantFrom("agentmonitor.task.finished.v1", "agentmonitor.task.health_still.v1"),
    subject,
    data: fc.record({ outcome: fc.constantFrom("success", "failure"), ended_at: fc.constant(null) }),
  }),
);
const line = fc.oneof(
  { weight: 20, arbitrary: event },
  { weight: 1, arbitrary: fc.constant("not an event") },
  // So long that a few of them fill what is read back.
  { weight: 6, arbitrary: event.map((each) => ({ ...each, padding: "x".repeat(700_000) })) },
);
const step = fc.record({
  lines: fc.array(line, { maxLength: 12 }),
  isTorn: fc.boolean(),
  harm: fc.oneof(
    { weight: 8, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom("truncate" as const, "rotate" as const, "remove" as const) },
  ),
  passedMinutes: fc.integer({ min: -5, max: 300 }),
});
type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

describe("a look that goes on from what the last one made of the event log", () => {
  it("recalls what a look recalls that reads it anew, whatever happened to it", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), (steps) => {
        const workspace = makeWorkspace(() => {});
        try {
          followSteps(workspace, steps);
        } finally {
          rmSync(workspace.root, { recursive: true, force: true });
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("what a forged checkpoint says of the event log", () => {
  const run = {
    id: "run-1",
    time: new Date(start).toISOString(),
    type: "agentmonitor.run.v1",
    data: { trigger: "cron", tasks: { bg_1: "stuck/no_activity" }, told: { bg_1: "stuck" } },
  };

  it.each<[string, (json: string) => string]>([
    ["a health that there is not", (json) => json.replace('"health":"stuck"', '"health":"dreaming"')],
    [
      "a health that was told and is none",
      (json) => json.replace('"told":[["bg_1",{"health":"stuck"', '"told":[["bg_1",{"health":7'),
    ],
    ["a task without a history", (json) => json.replace(/\["bg_1",\{.*?\}\]/, '["bg_1",null]')],
    ["a count that is none", (json) => json.replace('"count":1', '"count":"1"')],
    ["no place", (json) => json.replace('"place":', '"palace":')],
    ["runs that are none", (json) => json.replace('"runs":[[', '"runs":[[null,')],
    ["another version", (json) => json.replace(/"version":\d+/, '"version":99')],
  ])("is not believed where it holds %s", (_, forge) => {
    const path = makeWorkspace().write(log, `${JSON.stringify(run)}\n`);
    const honest = readPast(path, start + minute);
    const json = JSON.stringify(honest.kept);
    const forged = forge(json);

    expect(forged).not.toBe(json);
    expect(readPast(path, start + minute, JSON.parse(forged))).toEqual(honest);
  });
});

function followSteps(workspace: Workspace, steps: readonly Step[]): void {
  const path = workspace.write(log, "");
  let now = start;
  let kept: unknown = null;
  for (const made of steps) {
    harm(workspace, made.harm);
    now += made.passedMinutes * minute;
    const text = made.lines.map((each) => `${lineOf(each, now)}\n`).join("");
    appendFileSync(path, made.isTorn ? text.slice(0, -7) : text);
    const [anew, goneOn] = [readPast(path, now), readPast(path, now, usableAt(now, kept))];
    expect({ ...goneOn, kept: null }).toEqual({ ...anew, kept: null });
    kept = { now, past: JSON.parse(JSON.stringify(goneOn.kept)) };
  }
}

// As the checkpoint does: what a later look kept is of no use to an earlier one.
function usableAt(now: number, kept: unknown): unknown {
  return typeof kept === "object" &&
    kept !== null &&
    "now" in kept &&
    "past" in kept &&
    Number(kept.now) <= now
    ? kept.past
    : null;
}

function lineOf(made: Step["lines"][number], now: number): string {
  if (typeof made === "string") return made;
  const { minutesAgo: ago, ...rest } = made;
  return JSON.stringify({ ...rest, time: new Date(now - ago * minute).toISOString() });
}

function harm({ path, write }: Workspace, how: Step["harm"]): void {
  if (how === "rotate") renameSync(path(log), path(`${log}.1`));
  if (how === "remove") rmSync(path(log));
  if (how === "truncate") truncateSync(path(log), 100);
  if (how === "rotate" || how === "remove") write(log, "");
}
