import { rmSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseRecalled } from "../../src/core/log/recalled-event.ts";
import { composeReview } from "../../src/core/review/compose-review.ts";
import { parseJson } from "../../src/core/text/fields.ts";
import { review } from "../../src/review.ts";
import { version } from "../../src/version.ts";
import { changed, finished, monday, ran } from "../support/recorded.ts";
import { day, hour, minute } from "../support/sample-clock.ts";
import { makeWorkspace, type Workspace } from "../support/workspace.ts";

/** So long that a window of days is many blocks. */
const filler = "x".repeat(6_000);
const parts = ["archive/background_monitoring.jsonl.gz", "background_monitoring.2026-10.jsonl"];

const subject = fc.constantFrom("bg_1", "bg_2", "bg_3");
const state = fc.constantFrom("healthy/recent_activity", "stuck/no_activity", "waiting/question");
const line = fc.record({
  // Mostly as cron runs; nobody looks at night, and not over a holiday.
  passedMinutes: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 10 }) },
    { weight: 2, arbitrary: fc.integer({ min: 60, max: 600 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 6_000 }) },
  ),
  write: fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.option(fc.dictionary(subject, state, { noNullPrototype: true })), fc.boolean())
        .map(([tasks, isCron]) => (at: number) => {
          const run = ran(at, {}, isCron ? "cron" : "terminal");
          return JSON.stringify({ ...run, data: { ...run.data, tasks } });
        }),
    },
    {
      weight: 3,
      arbitrary: subject.map(
        (id) => (at: number) => JSON.stringify(changed(id, at, { agent_name: `${at % 3}`, message: filler })),
      ),
    },
    {
      weight: 2,
      arbitrary: subject.map((id) => (at: number) => JSON.stringify(finished(id, at, { title: filler }))),
    },
    { weight: 1, arbitrary: fc.constant((at: number) => JSON.stringify(changed("bg_1", at)).slice(0, 200)) },
    { weight: 1, arbitrary: fc.constant(() => "not an event") },
  ),
});
const record = fc.record({
  lines: fc.array(line, { minLength: 60, maxLength: 300, size: "max" }),
  /** Lines that stand some lines later than they should: writers in parallel, a clock that was set back a little. */
  late: fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 6 })), { maxLength: 20 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 2 }),
  /** So many lines were copied by a rotation and not yet removed. */
  copied: fc.nat(5),
  isTorn: fc.boolean(),
  windowDays: fc.constantFrom(1, 2, 7),
  /** How long before the last line the window ends. */
  endsHoursBefore: fc.constantFrom(-1, 0, 30, 200),
});
type Made = typeof record extends fc.Arbitrary<infer Each> ? Each : never;

it("a review that begins at its window tells what a review of the whole record tells", () => {
  fc.assert(
    fc.property(record, (made) => {
      const workspace = makeWorkspace(() => {});
      try {
        const { lines, endedAt } = layOut(workspace, made);
        const to = endedAt - made.endsHoursBefore * hour;
        const window = { from: to - made.windowDays * day, to };
        const events = lines.flatMap((text) => parseRecalled(parseJson(text)) ?? []);
        const whole = { events, delegations: [], eventLogs: [], delegationLogs: [], unreadable: [] };
        const expected = composeReview({ ...whole, skippedLines: 0 }, window, {
          version,
          root: workspace.root,
        });
        const found = review(workspace.root, window.from, window.to);
        const { event_logs, skipped_lines } = found.read;
        expect({ ...found, read: { ...found.read, event_logs: [], skipped_lines: 0 } }).toEqual(expected);
        expect(event_logs).toHaveLength(Math.min(made.cuts.length, parts.length) + 1);
        expect(skipped_lines).toBeLessThanOrEqual(lines.length - events.length);
      } finally {
        rmSync(workspace.root, { recursive: true, force: true });
      }
    }),
    { numRuns: 100 },
  );
});

/** Writes a record, its older parts rotated; all of its lines, and when its last one was written. */
function layOut(
  { write }: Workspace,
  made: Made,
): { readonly lines: readonly string[]; readonly endedAt: number } {
  let at = monday;
  const lines = made.lines.map(({ passedMinutes, write: textAt }) => {
    at += passedMinutes * minute;
    return textAt(at);
  });
  for (const [index, by] of made.late) {
    const [moved] = lines.splice(index, 1);
    if (moved !== undefined) lines.splice(index + by, 0, moved);
  }
  const ends = [...made.cuts.map((share) => Math.floor(share * lines.length)).sort((a, b) => a - b)];
  const read: string[] = [];
  let begin = 0;
  for (const [part, end] of ends.entries()) {
    const own = lines.slice(begin, end);
    read.push(...own);
    const name = parts[part + parts.length - ends.length] ?? "";
    const text = own.map((each) => `${each}\n`).join("");
    write(`.agents/logs/${name}`, name.endsWith(".gz") ? Bun.gzipSync(Buffer.from(text)) : text);
    begin = Math.max(0, end - made.copied);
  }
  const last = lines.slice(begin);
  read.push(...(made.isTorn ? last.slice(0, -1) : last));
  const text = last.map((each) => `${each}\n`).join("");
  write(".agents/logs/background_monitoring.jsonl", made.isTorn ? text.slice(0, -1) : text);
  return { lines: read, endedAt: at };
}
