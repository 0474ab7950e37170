// A working day of cron against tasks whose truth is known: `bun run day`. It prints a row for each reader of each variant, and what was
// not as it should be; the exit code is 1 then.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCheckpoint } from "../../src/io/checkpoint-file.ts";
import { appendEvents } from "../../src/io/event-log.ts";
import { monitor } from "../../src/monitor.ts";
import { renderChanges } from "../../src/render/changes.ts";
import { makeChalk } from "../../src/render/terminal.ts";
import { review } from "../../src/review.ts";
import { restart } from "../support/day-incidents.ts";
import { dayEnd, nine, type Pause } from "../support/day-plan.ts";
import { judgeDay, judgeReview } from "../support/day-verdict.ts";
import { hour, minute } from "../support/sample-clock.ts";
import { makeDay } from "../support/working-day.ts";

const style = { chalk: makeChalk({}, false, true), isAscii: false, columns: null, again: "monitor" };
const logs = ".agents/logs";
const noon = nine + 3 * hour;
/** The lid is closed over lunch. */
const lunch: Pause = { from: nine + 4 * hour, to: nine + 4 * hour + 40 * minute };

type Cron = { readonly reader: string; readonly everyMinutes: number };
type Variant = {
  readonly name: string;
  readonly crons: readonly Cron[];
  /** Worktrees are removed 20 minutes after their end. */
  readonly isTidied?: boolean;
  readonly looksByHand?: boolean;
  readonly sleep?: Pause;
  /** What happens to our own files, or to a log, at noon. */
  readonly atNoon?: (root: string) => void;
};

const mail = (everyMinutes: number): readonly Cron[] => [{ reader: "mail", everyMinutes }];
const variants: readonly Variant[] = [
  ...[4, 5, 10, 15, 60].map((minutes) => ({ name: `every ${minutes} minutes`, crons: mail(minutes) })),
  ...[4, 5].map((minutes) => ({
    name: `every ${minutes} minutes, worktrees removed`,
    crons: mail(minutes),
    isTidied: true,
  })),
  { name: "every 4 minutes, asleep over lunch", crons: mail(4), sleep: lunch },
  {
    name: "two readers and looks by hand",
    crons: [...mail(4), { reader: "chat", everyMinutes: 10 }],
    looksByHand: true,
  },
  {
    name: "checkpoint lost, log rotated at noon",
    crons: mail(4),
    atNoon: (root) => {
      rmSync(join(root, logs, ".monitor-checkpoint.json"), { force: true });
      rotate(join(root, logs, "tool_calls.jsonl"));
    },
  },
  {
    name: "own record rotated at noon",
    crons: mail(4),
    atNoon: (root) => rotate(join(root, logs, "background_monitoring.jsonl")),
  },
];

function rotate(path: string): void {
  renameSync(path, `${path}.1`);
}

type Turn = { readonly reader: string; readonly at: number; readonly isTold: boolean };

/** When somebody looks: not while the machine sleeps or is started anew. */
function turnsOf({ crons, looksByHand = false }: Variant, pauses: readonly Pause[]): readonly Turn[] {
  const scheduled = crons.flatMap(({ reader, everyMinutes }) =>
    Array.from({ length: Math.floor((dayEnd - nine) / minute / everyMinutes) }, (_, index) => ({
      reader,
      at: nine + index * everyMinutes * minute + 3_000,
      isTold: true,
    })),
  );
  const byHand = Array.from({ length: looksByHand ? 17 : 0 }, (_, index) => ({
    reader: "mail",
    at: nine + (index + 1) * 29 * minute,
    isTold: false,
  }));
  return [...scheduled, ...byHand]
    .filter(({ at }) => pauses.every(({ from, to }) => at < from || at >= to))
    .sort((a, b) => a.at - b.at);
}

async function live(variant: Variant) {
  const { isTidied = false, sleep = null, atNoon } = variant;
  const day = makeDay(isTidied, sleep);
  const down = { from: day.moved(restart.from), to: day.moved(restart.to) };
  const pauses = [down, ...(sleep === null ? [] : [sleep])];
  const turns = turnsOf(variant, pauses);
  const root = mkdtempSync(join(tmpdir(), "monitor-day-"));
  mkdirSync(join(root, logs), { recursive: true });
  const told: { reader: string; at: number; text: string }[] = [];
  const steps = day.inOrder();
  let done = 0;
  for (const [index, { reader, at: now, isTold }] of turns.entries()) {
    for (; done < steps.length; done += 1) {
      const step = steps[done];
      if (step === undefined || step.at > now) break;
      step.run(root);
    }
    if (now >= noon && (turns[index - 1]?.at ?? now) < noon) atNoon?.(root);
    const result = await monitor({
      root,
      cwd: null,
      worktreePatterns: [],
      now,
      sinceMs: 24 * hour,
      failures: 3,
      stuckAfterMs: 15 * minute,
      procfs: join(root, "proc"),
      env: { HOME: root },
      runId: `${reader}-${now}`,
      reader,
      trigger: isTold ? "cron" : "terminal",
      isCheck: false,
      tellsChanges: isTold,
    });
    const text = isTold ? renderChanges(result.news, result.report, style, true) : "";
    told.push(
      ...text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => ({ reader, at: now, text: line })),
    );
    appendEvents(result.eventLog, result.record(true), result.hasEventLog);
    writeCheckpoint(result.checkpointFile, result.checkpoint);
  }
  const found = review(root, nine - hour, dayEnd);
  rmSync(root, { recursive: true, force: true });
  return { day, told, turns, pauses, found };
}

const print = (line: string) => process.stdout.write(`${line}\n`);
const percent = (part: number, all: number) => (all === 0 ? "-" : `${Math.round((100 * part) / all)}%`);

let isSound = true;
for (const variant of variants) {
  const { day, told, turns, pauses, found } = await live(variant);
  for (const { reader, everyMinutes } of variant.crons) {
    const intervalMs = everyMinutes * minute;
    const own = turns.filter((turn) => turn.reader === reader && turn.isTold).map(({ at }) => at);
    const verdict = judgeDay(
      day,
      told.filter((line) => line.reader === reader),
      own,
      intervalMs,
      pauses,
    );
    // A review is of the reader who looks most.
    const wrong = reader === "mail" ? judgeReview(day, found, own, intervalMs) : [];
    const { lines, isTrue, isUseful, told: heard, visible, medianMs, reminders, faults } = verdict;
    print(
      [
        `${variant.name} (${reader})`.padEnd(46),
        `${lines} lines, ${percent(isTrue, lines)} true, ${percent(isUseful, lines)} useful,`,
        `${heard} of ${visible} told, median ${(medianMs / minute).toFixed(1)} min, reminders ${reminders},`,
        reader === "mail" ? `review ${wrong.length === 0 ? "equal" : "differs"}` : "",
      ].join(" "),
    );
    for (const fault of faults) print(`    ${fault}`);
    for (const fault of wrong) print(`    review: ${fault}`);
    const isGood = isTrue === lines && isUseful >= 0.9 * lines && heard === visible;
    isSound &&= isGood && medianMs <= intervalMs && reminders <= 8 && wrong.length === 0;
  }
}
process.exitCode = isSound ? 0 : 1;
