// Runs of the built program under faults. After each: what stood in the log stands, and a run that finished told all that
// it saw; the next run heals what is torn. `bun test/faults/faults.ts [kills=1000] [seed=1] [only]`
import { existsSync, mkdirSync } from "node:fs";
import { eventOf, goneLines, readEventLines, untold } from "./event-lines.ts";
import { FaultyProject, type FaultyRun, randomFrom } from "./faulty-project.ts";
import { type Fault, faultsOf, succeeds } from "./tried-faults.ts";

const [kills = 1_000, seed = 1] = process.argv.slice(2, 4).map(Number);
const only = new RegExp(process.argv[4] ?? "");
const random = randomFrom(seed);
const project = new FaultyProject(24, random);
const { eventLog, logs } = project;
const shownTroubles = 5;

type Row = { fault: string; tried: number; rows: number; records: number; crashes: number; seconds: number };
const table: Row[] = [];

for (const fault of faultsOf(project, random, kills).filter(({ name }) => only.test(name))) {
  if (fault.onDisk !== true) await tryOut(fault);
  else if (!succeeds("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", logs))
    console.error(`skipped, not permitted to mount: ${fault.name}`);
  else
    try {
      await tryOut(fault);
    } finally {
      succeeds("umount", logs);
    }
}
project.remove();
console.table(table);
process.exitCode = table.some(({ rows, records, crashes }) => rows + records + crashes > 0) ? 1 : 0;

async function tryOut(fault: Fault): Promise<void> {
  const begun = performance.now();
  const badBefore = badLines().length;
  const row: Row = { fault: fault.name, tried: 0, rows: 0, records: 0, crashes: 0, seconds: 0 };
  let shown = 0;
  const say = (kind: "rows" | "records" | "crashes", count: number, words: string) => {
    if (count === 0) return;
    row[kind] += count;
    shown += 1;
    if (shown <= shownTroubles) console.error(`${fault.name} ${row.tried} ${kind}: ${words.slice(0, 400)}`);
  };
  const check = (runs: readonly FaultyRun[]) => {
    const lines = readEventLines(eventLog);
    for (const { exitCode, signal, stderr, seen } of runs) {
      if (signal === "SIGKILL") continue;
      const isAllowed = exitCode === 3 && fault.mayFail?.test(stderr) === true;
      say(
        "crashes",
        exitCode === 0 && stderr === "" ? 0 : Number(!isAllowed),
        `${exitCode} ${signal} ${stderr}`,
      );
      if (seen === null) continue;
      const found = new Set(seen.tasks.map(({ worktree }) => worktree)).size;
      say("rows", project.tasks - found, `${found} of ${project.tasks} tasks`);
    }
    // Of runs at once the last to write has the last word.
    const [last] = runs.filter(({ exitCode, seen }) => exitCode === 0 && seen !== null).slice(-1);
    const lost = last?.seen == null ? [] : untold(lines, last.seen);
    say("records", lost.length, lost.join("; "));
    return lines;
  };
  for (let index = 0; index < fault.times; index += 1) {
    project.goOn();
    const before = readEventLines(eventLog);
    const runs = await fault.once(index);
    if (runs === null) break;
    row.tried += 1;
    const after = check(runs);
    if (fault.losesLog !== true && existsSync(eventLog) && before.whole[0] === after.whole[0]) {
      const gone = goneLines(before, after);
      say("records", gone.length, `gone: ${gone[0]}`);
    }
    if ((index + 1) % (fault.healEvery ?? 1) !== 0 && index + 1 < fault.times) continue;
    project.now += 60_000;
    if (!existsSync(logs)) mkdirSync(logs, { recursive: true });
    const healed = check([await project.look()]);
    say("records", Number(healed.torn !== ""), `still torn: ${healed.torn}`);
  }
  const bad = badLines();
  // Each round tears at most one line, which stays, closed.
  const more = bad.length - badBefore - row.tried;
  say("records", Math.max(0, more), `${bad.length} lines are no events: ${bad.at(-1)}`);
  row.seconds = Math.round((performance.now() - begun) / 1_000);
  table.push(row);
  console.error(JSON.stringify(row));
}

function badLines(): string[] {
  return readEventLines(eventLog).whole.filter((line) => line.trim() !== "" && eventOf(line) === null);
}
