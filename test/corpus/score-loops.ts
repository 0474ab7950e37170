import { z } from "zod";
import type { Activity } from "../../src/core/evidence/activity.ts";
import { emptyActivity, observe } from "../../src/core/evidence/observe.ts";
import { findLoop, loopRules } from "../../src/core/loops/loop.ts";
import { Case, type Item, itemsOfCase, itemsOfRun, Run, startedAt } from "./neutral-form.ts";

/**
 * `bun run --silent score:loops <runs.jsonl> [<cases.jsonl>] [--without <rule>]…`: runs the loop rules over every prefix
 * of labelled runs and prints how often they are right, as one JSON document.
 *
 * A run is positive when it is labelled `loop`, and called positive when it is stuck after any of its calls. `precision` =
 * loops found / (loops found + working, struggling and waiting runs called stuck); `recall` = loops found / loops.
 * `ambiguous` runs are left out of both; the totals are given with and without the runs that are borderline. `working_alerts`: how
 * often any trouble began in the calls of runs that work hard. A case labelled `loop` must be stuck after any of its calls, an `ok` one must not
 * be at its end.
 */

type Verdict = "stuck" | "struggling" | "healthy";
type Judgement = { readonly verdict: Verdict; readonly rule: string | null; readonly call: number | null };

/** The owner's default of `--failures`. */
const failures = 3;

/** The verdict after each item; `call` is the item's place among the items of its run. */
function* judgements(items: readonly Item[], without: ReadonlySet<string>): Generator<Judgement> {
  const rules = loopRules.filter((rule) => !without.has(rule.id));
  const activity: Activity = emptyActivity();
  for (const [call, item] of items.entries()) {
    for (const event of item.events) observe(activity, event);
    const finding = findLoop(activity, { now: item.events.at(-1)?.at ?? startedAt }, rules);
    // The owner's rule stands before the early warnings of the others.
    const isFailing = !without.has("S") && activity.failures.count >= failures;
    yield isFailing && finding?.level !== "stuck"
      ? { verdict: "struggling", rule: "S", call }
      : { verdict: finding?.level ?? "healthy", rule: finding?.rule ?? null, call };
  }
}

/** The worst verdict over all items, with the first one that had it; what is never in trouble is its last one. */
function worstOf(all: readonly Judgement[]): Judgement {
  return (
    all.find(({ verdict }) => verdict === "stuck") ??
    all.find(({ verdict }) => verdict === "struggling") ?? { verdict: "healthy", rule: null, call: null }
  );
}

/** The verdict at the end, with the first item from which on it held. */
function lastOf(all: readonly Judgement[]): Judgement {
  const last = all.at(-1);
  if (last === undefined || last.verdict === "healthy") return { verdict: "healthy", rule: null, call: null };
  return all[all.findLastIndex(({ verdict }) => verdict !== last.verdict) + 1] ?? last;
}

/** How often trouble begins: from healthy to any other word. */
function alertsOf(all: readonly Judgement[]): number {
  return all.filter(
    ({ verdict }, index) => verdict !== "healthy" && (all[index - 1]?.verdict ?? "healthy") === "healthy",
  ).length;
}

type Judged = Judgement & { readonly label: string; readonly calls: number; readonly alerts: number };

function totalsOf(runs: readonly Judged[]) {
  const count = (...labels: string[]) =>
    runs.filter(({ label, verdict }) => labels.includes(label) && verdict === "stuck").length;
  const found = count("loop");
  const alarms = found + count("working", "struggling", "waiting");
  const loops = runs.filter(({ label }) => label === "loop").length;
  const precision = alarms === 0 ? 1 : found / alarms;
  const recall = loops === 0 ? 1 : found / loops;
  const working = runs.filter(({ label }) => label === "working");
  const sum = (of: (run: Judged) => number) => working.reduce((all, run) => all + of(run), 0);
  return {
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    working_called_stuck: count("working"),
    struggling_called_stuck: count("struggling"),
    working_calls: sum(({ calls }) => calls),
    working_alerts: sum(({ alerts }) => alerts),
  };
}

async function readLines<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.infer<Schema>[]> {
  const lines = (await Bun.file(file).text()).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    const parsed = schema.safeParse(JSON.parse(line));
    if (!parsed.success) throw new Error(`${file}:${index + 1}: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
}

async function main(args: readonly string[]): Promise<void> {
  const files = args.filter((arg, index) => !arg.startsWith("--") && args[index - 1] !== "--without");
  const without = new Set(args.filter((_, index) => args[index - 1] === "--without"));
  const [runsFile, casesFile] = files;
  if (runsFile === undefined)
    throw new Error("which runs? give <runs.jsonl> [<cases.jsonl>] [--without <rule>]");
  const judged = (await readLines(runsFile, Run)).map((run) => {
    const all = [...judgements(itemsOfRun(run), without)];
    const isBorderline = [run.borderline, run.border].some((flag) => flag === true || flag === 1);
    const calls = run.calls.filter((call) => "t" in call).length;
    return { id: run.id, label: run.label, isBorderline, calls, alerts: alertsOf(all), ...worstOf(all) };
  });
  const cases = casesFile === undefined ? [] : await readLines(casesFile, Case);
  const report = {
    totals: totalsOf(judged),
    totals_without_borderline: totalsOf(judged.filter(({ isBorderline }) => !isBorderline)),
    runs: judged.map(({ id, label, verdict, rule, call }) => ({ id, label, verdict, rule, call })),
    cases: cases.map((item) => {
      const all = [...judgements(itemsOfCase(item), without)];
      return { id: item.id, cls: item.cls, ...(item.cls === "loop" ? worstOf(all) : lastOf(all)) };
    }),
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`score:loops: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
