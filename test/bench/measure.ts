// Runs whole programs by turns, and says what the middle one of each one's runs cost.
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A program to measure. `before` is called ahead of each of its runs; `runs`: at most so many. */
export type Program = {
  readonly name: string;
  readonly command: readonly string[];
  readonly before?: (run: number) => void;
  readonly runs?: number;
};

/** `cpuMs`: user and system time; `peak`: of memory, in MB. Not a number where the program failed. */
export type Measured = { readonly wallMs: number; readonly cpuMs: number; readonly peak: number };

const failed: Measured = { wallMs: Number.NaN, cpuMs: Number.NaN, peak: Number.NaN };
const timeProgram = "/usr/bin/time";
const peakFile = join(tmpdir(), `bench-peak-${process.pid}`);

/** Each program up to `runs` times, by turns: a busy machine is busy for all of them. */
export async function byTurns(
  programs: readonly Program[],
  runs: number,
  home: string,
): Promise<ReadonlyMap<string, Measured>> {
  const all = programs.map((program) => ({ program, measured: [] as Measured[] }));
  for (let run = 0; run < runs; run += 1) {
    for (const { program, measured } of all) {
      if (run >= (program.runs ?? runs)) continue;
      program.before?.(run);
      measured.push(await runOnce(program, home));
    }
  }
  return new Map(all.map(({ program, measured }) => [program.name, middleOf(measured)]));
}

function middleOf(measured: readonly Measured[]): Measured {
  const middle = (numbers: readonly number[]) =>
    numbers.some(Number.isNaN) ? Number.NaN : (numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0);
  return {
    wallMs: middle(measured.map(({ wallMs }) => wallMs)),
    cpuMs: middle(measured.map(({ cpuMs }) => cpuMs)),
    peak: Math.max(...measured.map(({ peak }) => peak)),
  };
}

async function runOnce({ name, command }: Program, home: string): Promise<Measured> {
  // Linux counts the memory of who starts a program as the program's: a small program in between keeps ours out.
  const isTimed = existsSync(timeProgram);
  const begun = performance.now();
  const child = Bun.spawn(isTimed ? [timeProgram, "-f", "%M", "-o", peakFile, ...command] : [...command], {
    env: { PATH: process.env.PATH, HOME: home, TERM: "dumb" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const trouble = await new Response(child.stderr).text();
  const code = await child.exited;
  const wallMs = performance.now() - begun;
  if (code !== 0) {
    console.log(`  (${name} failed: ${trouble.trim().split("\n").at(-1)?.slice(0, 160)})`);
    return failed;
  }
  const cpuMs = Number(child.resourceUsage()?.cpuTime.total ?? 0n) / 1_000;
  const peak = isTimed ? (Number(readFileSync(peakFile, "utf8").trim()) * 1_024) / 1e6 : 0;
  return { wallMs, cpuMs, peak };
}

/** One table: its programs by turns; `more`: what stands behind the numbers of a program. */
export async function table(
  title: string,
  programs: readonly Program[],
  { runs, home, empty }: { readonly runs: number; readonly home: string; readonly empty: Measured | null },
  more: (name: string) => string = () => "",
): Promise<(name: string) => Measured> {
  const measured = await byTurns(programs, runs, home);
  const emptyMs = (empty ?? [...measured.values()][0] ?? failed).wallMs;
  console.log(
    `\n${title.padEnd(52)}${"wall".padStart(11)}${"× empty".padStart(9)}${"user+sys".padStart(12)}${"peak".padStart(9)}`,
  );
  for (const [name, { wallMs, cpuMs, peak }] of measured) {
    const columns = [
      `  ${name}`.padEnd(52),
      milliseconds(wallMs).padStart(11),
      (wallMs / emptyMs).toFixed(1).padStart(9),
      milliseconds(cpuMs).padStart(12),
      `${peak.toFixed(0)} MB`.padStart(9),
    ];
    console.log(`${columns.join("")}  ${more(name)}`.trimEnd());
  }
  return (name) => measured.get(name) ?? failed;
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

/** A number that is to be reached; `busy`: the same by user and system time, which a busy machine changes less. */
type Goal = {
  readonly what: string;
  readonly is: number;
  readonly most: number;
  readonly unit: "×" | "ms" | "MB";
  readonly busy: number | null;
};

const goals: Goal[] = [];

/** Notes what a table shows of a number that is to be reached; `most`: what it may be. */
export function aim(
  what: string,
  is: number,
  most: number,
  unit: Goal["unit"],
  busy: number | null = null,
): void {
  goals.push({ what, is, most, unit, busy });
}

/** The same of two programs: how many times what the other one takes, by the time of the clock or of the processor. */
export function aimTimes(
  what: string,
  one: Measured,
  other: Measured,
  most: number,
  by: "wall" | "cpu",
): void {
  const busy = one.cpuMs / other.cpuMs;
  if (by === "wall") aim(`${what} (wall)`, one.wallMs / other.wallMs, most, "×", busy);
  else aim(what, busy, most, "×");
}

/** All numbers that are to be reached, met or not. */
export function printGoals(): void {
  console.log(
    `\n${"to reach".padEnd(76)}${"is".padStart(11)}${"at most".padStart(11)}${"user+sys".padStart(13)}`,
  );
  for (const { what, is, most, unit, busy } of goals) {
    const said = (number: number) => `${number.toFixed(unit === "ms" ? 0 : 2)} ${unit}`;
    const word = Number.isNaN(is) ? "not measured" : is <= most ? "met" : "not met";
    const columns = [
      `  ${what.padEnd(74)}`,
      said(is).padStart(11),
      said(most).padStart(11),
      (busy === null ? "" : said(busy)).padStart(13),
    ];
    console.log(`${columns.join("")}  ${word}`);
  }
}
