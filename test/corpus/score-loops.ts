import { z } from "zod";
import type { Activity } from "../../src/core/evidence/activity.ts";
import type { AgentEvent } from "../../src/core/evidence/agent-event.ts";
import { emptyActivity, observe } from "../../src/core/evidence/observe.ts";
import { findLoop, loopRules } from "../../src/core/loops/loop.ts";

/**
 * `bun run --silent score:loops <runs.jsonl> [<cases.jsonl>] [--without <rule>]…`: runs the loop rules over every prefix
 * of labelled runs and prints how often they are right, as one JSON document.
 *
 * A run is positive when it is labelled `loop`, and called positive when it is stuck after any of its calls. `precision` =
 * loops found / (loops found + working, struggling and waiting runs called stuck); `recall` = loops found / loops.
 * `ambiguous` runs are left out of both. A case labelled `loop` must be stuck after any of its calls, an `ok` one must not
 * be at its end.
 */

const Digest = z.string().nullish();
const RunCall = z.object({
  t: z.string(),
  k: z.enum(["plan", "wait", "mut", "run", "obs"]),
  s: z.unknown().optional(),
  a: Digest,
  r: Digest,
  q: Digest,
  x: Digest,
  ok: z.boolean().nullish(),
  n: z.number().nullish(),
  ts: z.number().nullish(),
  d: z.number().nullish(),
});
const Run = z.object({
  id: z.string(),
  label: z.enum(["loop", "struggling", "working", "waiting", "ambiguous"]),
  calls: z.array(z.union([z.object({ u: z.literal(1) }), RunCall])),
});
const CaseEvent = z.union([
  z.object({ type: z.literal("user") }),
  z.object({ type: z.literal("say"), text: z.string() }),
  z.object({ type: z.literal("condense") }),
  z.object({
    tool: z.string(),
    args: z.unknown().optional(),
    args_unknown: z.boolean().optional(),
    obs: z.string().nullish(),
    ok: z.boolean().nullish(),
  }),
]);
const Case = z.object({ id: z.string(), cls: z.enum(["loop", "ok"]), events: z.array(CaseEvent) });

/** The events of one item of a run or case: what belongs together is folded before the rules look. */
type Step = { readonly isCall: boolean; readonly events: readonly AgentEvent[] };
type Verdict = "stuck" | "struggling" | "healthy";
type Judgement = { readonly verdict: Verdict; readonly rule: string | null; readonly call: number | null };

/** The owner's default of `--failures`. */
const failures = 3;
/** Where no time is given: a call every ten seconds, so that nothing looks like an outage of hours. */
const stepMs = 10_000;
const startedAt = 1_750_000_000_000;

function stepsOfRun(run: z.infer<typeof Run>): readonly Step[] {
  return run.calls.map((call, index) => {
    if ("u" in call)
      return { isCall: false, events: [{ type: "user_message", at: startedAt + index * stepMs }] };
    const at = startedAt + (call.ts ?? index * stepMs);
    const callId = `call ${index}`;
    const { t: tool, k: kind, a, r, q, x, n } = call;
    return {
      isCall: true,
      events: [
        {
          type: "call_started",
          at,
          callId,
          tool,
          input: { digest: { kind, isSearch: call.s === 1 || call.s === true, argsHash: a ?? null } },
        },
        {
          type: "call_ended",
          at: at + (call.d ?? 0),
          callId,
          outcome: outcomeOf(call.ok),
          output: {
            digest: { resultHash: r ?? null, answerHash: q ?? null, errorHash: x ?? null, length: n ?? null },
          },
        },
      ],
    };
  });
}

function stepsOfCase({ events }: z.infer<typeof Case>): readonly Step[] {
  return events.map((event, index) => {
    const at = startedAt + index * stepMs;
    if ("tool" in event) {
      const callId = `call ${index}`;
      const raw = event.args_unknown === true ? null : event.args;
      return {
        isCall: true,
        events: [
          { type: "call_started", at, callId, tool: event.tool, input: { raw } },
          {
            type: "call_ended",
            at,
            callId,
            outcome: outcomeOf(event.ok ?? true),
            output: event.obs == null ? null : { raw: event.obs },
          },
        ],
      };
    }
    if (event.type === "user") return { isCall: false, events: [{ type: "user_message", at }] };
    if (event.type === "say") return { isCall: false, events: [{ type: "said", at, text: event.text }] };
    return { isCall: false, events: [{ type: "condensed", at }] };
  });
}

function outcomeOf(ok: boolean | null | undefined): "ok" | "failed" | "neutral" {
  return ok == null ? "neutral" : ok ? "ok" : "failed";
}

/** The verdict after each step; `call` is the step's place among the items of its run. */
function* judgements(steps: readonly Step[], without: ReadonlySet<string>): Generator<Judgement> {
  const rules = loopRules.filter((rule) => !without.has(rule.id));
  const activity: Activity = emptyActivity();
  for (const [call, step] of steps.entries()) {
    for (const event of step.events) observe(activity, event);
    const finding = findLoop(activity, { now: step.events.at(-1)?.at ?? startedAt }, rules);
    // The owner's rule stands before the early warnings of the others.
    const isFailing = !without.has("S") && activity.failures.count >= failures;
    yield isFailing && finding?.level !== "stuck"
      ? { verdict: "struggling", rule: "S", call }
      : { verdict: finding?.level ?? "healthy", rule: finding?.rule ?? null, call };
  }
}

/** The worst verdict over all steps, with the first step that had it; what is never in trouble is its last one. */
function worstOf(all: readonly Judgement[]): Judgement {
  return (
    all.find(({ verdict }) => verdict === "stuck") ??
    all.find(({ verdict }) => verdict === "struggling") ?? { verdict: "healthy", rule: null, call: null }
  );
}

/** The verdict at the end, with the first step from which on it held. */
function lastOf(all: readonly Judgement[]): Judgement {
  const last = all.at(-1);
  if (last === undefined || last.verdict === "healthy") return { verdict: "healthy", rule: null, call: null };
  return all[all.findLastIndex(({ verdict }) => verdict !== last.verdict) + 1] ?? last;
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
  const runs = (await readLines(runsFile, Run)).map((run) => ({
    id: run.id,
    label: run.label,
    ...worstOf([...judgements(stepsOfRun(run), without)]),
  }));
  const cases = casesFile === undefined ? [] : await readLines(casesFile, Case);
  const count = (...labels: string[]) =>
    runs.filter((run) => labels.includes(run.label) && run.verdict === "stuck").length;
  const found = count("loop");
  const alarms = found + count("working", "struggling", "waiting");
  const loops = runs.filter((run) => run.label === "loop").length;
  const precision = alarms === 0 ? 1 : found / alarms;
  const recall = loops === 0 ? 1 : found / loops;
  const report = {
    totals: {
      precision,
      recall,
      f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
      working_called_stuck: count("working"),
      struggling_called_stuck: count("struggling"),
    },
    runs,
    cases: cases.map((item) => {
      const all = [...judgements(stepsOfCase(item), without)];
      return { id: item.id, cls: item.cls, ...(item.cls === "loop" ? worstOf(all) : lastOf(all)) };
    }),
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`score:loops: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
