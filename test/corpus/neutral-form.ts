import { z } from "zod";
import type { AgentEvent } from "../../src/core/evidence/agent-event.ts";
import { traitOf } from "../../src/core/evidence/call-kind.ts";

/**
 * Labelled runs and cases in the words of no agent, one a line.
 *
 * A run: `id`, `label`, `borderline` (or `border`) where two readers may differ, `calls` in order. `{"u":1}` is a user message; a call has `t`
 * tool, `k` kind, `s` 1 if it searches, `a` argument hash, `r` result hash (null: unknown), `q` answer hash, `x` error hash, `ok`, `n` result
 * length, `ts` and `d` milliseconds since the first call and duration, `m` the message of the model that holds it (calls of one message are one
 * step; where it is not known, calls whose times overlap are), `w` the words of a command and `e` its exit code, where a rule needs them
 * (`grep` that says no, `true` that does nothing).
 *
 * A case: `id`, `cls`, and `events`: `{"tool","args","obs","ok"?,"m"?}` calls, `{"type":"user"}`, `{"type":"say","text"}`,
 * `{"type":"condense"}`; a call without `obs` has an unknown result, one with `args_unknown` unknown arguments.
 */

const Digest = z.string().nullish();
const RunCall = z.object({
  m: z.string().nullish(),
  w: z.string().nullish(),
  e: z.number().nullish(),
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
const Flag = z.union([z.boolean(), z.literal([0, 1])]).nullish();
export const Run = z.object({
  id: z.string(),
  borderline: Flag,
  border: Flag,
  label: z.enum(["loop", "struggling", "working", "waiting", "ambiguous"]),
  calls: z.array(z.union([z.object({ u: z.literal(1) }), RunCall])),
});
const CaseEvent = z.union([
  z.object({ type: z.literal("user") }),
  z.object({ type: z.literal("say"), text: z.string() }),
  z.object({ type: z.literal("condense") }),
  z.object({
    tool: z.string(),
    m: z.string().nullish(),
    args: z.unknown().optional(),
    args_unknown: z.boolean().optional(),
    obs: z.string().nullish(),
    ok: z.boolean().nullish(),
  }),
]);
export const Case = z.object({ id: z.string(), cls: z.enum(["loop", "ok"]), events: z.array(CaseEvent) });

/** One item of a run or case: its events are folded before the rules look. */
export type Item = { readonly isCall: boolean; readonly events: readonly AgentEvent[] };
/** Where no time is given: a call every ten seconds, so that nothing looks like an outage of hours. */
const itemMs = 10_000;
export const startedAt = 1_750_000_000_000;

export function itemsOfRun(run: z.infer<typeof Run>): readonly Item[] {
  return run.calls.map((call, index) => {
    if ("u" in call)
      return { isCall: false, events: [{ type: "user_message", at: startedAt + index * itemMs }] };
    const at = startedAt + (call.ts ?? index * itemMs);
    const callId = `call ${index}`;
    const { t: tool, k: kind, a, r, q, x, n } = call;
    const trait = traitOf(tool, call.w ?? null);
    return {
      isCall: true,
      events: [
        {
          type: "call_started",
          at,
          callId,
          tool,
          messageId: call.m ?? null,
          input: {
            digest: { kind, trait, isSearch: call.s === 1 || call.s === true, argsHash: a ?? null },
          },
        },
        {
          type: "call_ended",
          at: at + (call.d ?? 0),
          callId,
          outcome: outcomeOf(call.ok),
          exitCode: call.e ?? null,
          output: {
            digest: { resultHash: r ?? null, answerHash: q ?? null, errorHash: x ?? null, length: n ?? null },
          },
        },
      ],
    };
  });
}

export function itemsOfCase({ events }: z.infer<typeof Case>): readonly Item[] {
  return events.map((event, index) => {
    const at = startedAt + index * itemMs;
    if ("tool" in event) {
      const callId = `call ${index}`;
      const raw = event.args_unknown === true ? null : event.args;
      return {
        isCall: true,
        events: [
          { type: "call_started", at, callId, tool: event.tool, messageId: event.m ?? null, input: { raw } },
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
