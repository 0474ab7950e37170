// A working day of cron against tasks whose truth is known: `bun run day`. It prints a row for each reader of each variant.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCheckpoint } from "../../src/io/checkpoint-file.ts";
import { appendEvents } from "../../src/io/event-log.ts";
import { monitor } from "../../src/monitor.ts";
import { renderChanges } from "../../src/render/changes.ts";
import { makeChalk } from "../../src/render/terminal.ts";
import { review } from "../../src/review.ts";
import { hour, minute } from "../support/sample-clock.ts";
import { type Day, makeDay, nine } from "../support/working-day.ts";

const style = { chalk: makeChalk({}, false, true), isAscii: false, columns: null, again: "monitor" };

type Cron = { readonly reader: string; readonly everyMinutes: number };
type Variant = {
  readonly name: string;
  readonly crons: readonly Cron[];
  readonly isTidied?: boolean;
  readonly looksByHand?: boolean;
  readonly losesCheckpoint?: boolean;
  readonly rotates?: boolean;
};

const variants: readonly Variant[] = [
  { name: "every 4 minutes", crons: [{ reader: "mail", everyMinutes: 4 }] },
  {
    name: "every 5 minutes, worktrees removed",
    crons: [{ reader: "mail", everyMinutes: 5 }],
    isTidied: true,
  },
  { name: "every 10 minutes", crons: [{ reader: "mail", everyMinutes: 10 }] },
  {
    name: "every 4 minutes, worktrees removed",
    crons: [{ reader: "mail", everyMinutes: 4 }],
    isTidied: true,
  },
  {
    name: "two readers and looks by hand",
    crons: [
      { reader: "mail", everyMinutes: 4 },
      { reader: "chat", everyMinutes: 10 },
    ],
    looksByHand: true,
  },
  {
    name: "checkpoint lost at noon, log rotated",
    crons: [{ reader: "mail", everyMinutes: 4 }],
    losesCheckpoint: true,
    rotates: true,
  },
];

async function live({ crons, isTidied = false, ...variant }: Variant) {
  const day = makeDay(isTidied);
  const root = mkdtempSync(join(tmpdir(), "monitor-day-"));
  mkdirSync(join(root, ".agents/logs"), { recursive: true });
  mkdirSync(join(root, "proc"));
  const lines: { reader: string; at: number; text: string }[] = [];
  const turns = crons.flatMap(({ reader, everyMinutes }) =>
    Array.from({ length: Math.floor((9 * 60) / everyMinutes) }, (_, index) => ({
      reader,
      at: nine + index * everyMinutes * minute + 3_000,
      isTold: true,
    })),
  );
  if (variant.looksByHand === true)
    for (let index = 1; index < 18; index += 1)
      turns.push({ reader: "mail", at: nine + index * 29 * minute, isTold: false });
  turns.sort((a, b) => a.at - b.at);
  let done = 0;
  for (const { reader, at: now, isTold } of turns) {
    for (; done < day.steps.length; done += 1) {
      const step = day.steps[done];
      if (step === undefined || step.at > now) break;
      step.run(root);
    }
    if (now >= nine + 3 * hour && now < nine + 3 * hour + 4 * minute) {
      if (variant.losesCheckpoint === true)
        rmSync(join(root, ".agents/logs/.monitor-checkpoint.json"), { force: true });
      if (variant.rotates === true)
        renameSync(
          join(root, ".agents/logs/tool_calls.jsonl"),
          join(root, ".agents/logs/tool_calls.jsonl.1"),
        );
    }
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
    if (isTold)
      for (const text of renderChanges(result.news, result.report, style, true)
        .split("\n")
        .filter((line) => line !== ""))
        lines.push({ reader, at: now, text });
    appendEvents(result.eventLog, result.record(true), result.hasEventLog);
    writeCheckpoint(result.checkpointFile, result.checkpoint);
  }
  const found = review(root, nine - hour, nine + 9 * hour);
  rmSync(root, { recursive: true, force: true });
  return { day, lines, found };
}

function judge(day: Day, lines: readonly { at: number; text: string }[], intervalMs: number) {
  const dayEnd = nine + 9 * hour;
  const open = new Set(day.truths);
  const latencies: number[] = [];
  let [isFalse, useful] = [0, 0];
  const wrong: string[] = [];
  const reminders = new Map<string, number>();
  for (const { at, text } of lines) {
    const id = text.match(/\((bg_\w+)\)/)?.[1];
    if (id === undefined) {
      wrong.push(text);
      continue;
    }
    const word =
      text.match(/(Failed|Completed|Stuck|Struggling|Healthy|Waiting|Unknown|Cancelled)(?! ->)/)?.[1] ?? "";
    const isStill = /: still /.test(text);
    const known = day.truths.filter(
      (truth) =>
        truth.id === id &&
        new RegExp(truth.says).test(word) &&
        truth.from <= at &&
        at <= truth.to + intervalMs,
    );
    if (known.length === 0) {
      isFalse += 1;
      wrong.push(text);
      continue;
    }
    const fresh = known.find((truth) => open.has(truth));
    if (isStill) reminders.set(id, (reminders.get(id) ?? 0) + 1);
    if (fresh !== undefined && !isStill) {
      open.delete(fresh);
      latencies.push(at - fresh.from);
      useful += 1;
    } else if (isStill) useful += 1;
    else wrong.push(`again: ${text}`);
  }
  // Trouble that lasts for two looks can be seen; the rest of the day cannot.
  const missed = [...open].filter(
    (truth) => truth.isOptional !== true && truth.from + 2 * intervalMs < Math.min(truth.to, dayEnd - minute),
  );
  latencies.sort((a, b) => a - b);
  return {
    lines: lines.length,
    false: isFalse,
    useful: `${Math.round((100 * useful) / Math.max(1, lines.length))}%`,
    told: `${day.truths.length - open.size} of ${day.truths.length - open.size + missed.length}`,
    median_min: ((latencies[latencies.length >> 1] ?? 0) / minute).toFixed(1),
    reminders: Math.max(0, ...reminders.values()),
    wrong,
    missed,
  };
}

function report(line: string): void {
  process.stdout.write(`${line}\n`);
}

let isSound = true;
for (const variant of variants) {
  const { day, lines, found } = await live(variant);
  for (const { reader, everyMinutes } of variant.crons) {
    const { wrong, missed, ...row } = judge(
      day,
      lines.filter((line) => line.reader === reader),
      everyMinutes * minute,
    );
    const ended = found.outcomes.success + found.outcomes.failure + found.outcomes.timeout;
    const reviewed = {
      ends: `${ended} of ${day.ends}`,
      struggling: found.struggling.spells,
      coverage: found.runs.coverage_pct,
    };
    report(`${variant.name} (${reader}) ${JSON.stringify({ ...row, ...reviewed })}`);
    for (const text of wrong) report(`    not wanted: ${text}`);
    for (const { id, says, from } of missed)
      report(`    missed: ${id} ${says} from ${new Date(from).toISOString()}`);
    isSound &&= row.false === 0 && missed.length === 0 && wrong.length === 0;
  }
}
process.exitCode = isSound ? 0 : 1;
