import { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { ownValue } from "../../core/text/fields.ts";
import { KeptText } from "../../core/text/kept-text.ts";
import { ErrorEvent, errorName, type TokenCount, type TokenUsage } from "./records.ts";

/** When and where a record was written. */
export type Place = { readonly at: number; readonly line: number | null };

const Used = z.object({ input: z.number(), output: z.number() });
type Used = z.infer<typeof Used>;

/** What the translation of a rollout's line needs to know of the lines before it. Bounded. */
export const Memory = z.object({
  /** Turn records were seen; versions before about 0.100 write none in `exec`. */
  hasTurns: z.boolean(),
  /** A turn began and nothing says how it ended. */
  isTurnOpen: z.boolean(),
  /** Its process ends with its turn, as `codex exec` does. */
  isOneShot: z.boolean(),
  /** Its version says why a turn failed: without a word of the agent it did not fail for that alone. */
  tellsErrors: z.boolean(),
  /** The turn is of a kind that ends without a word of the agent: a compaction, a review, a person's own command. */
  needsNoAnswer: z.boolean(),
  /** The last error of the turn; null again when the agent went on after it. */
  turnError: KeptText.nullable(),
  /** The plan that the turn proposed, if it did not go on to work. */
  plan: KeptText.nullable(),
  title: KeptText.nullable(),
  /** What it works for, turn after turn; the last word of it. */
  goal: z.object({ objective: KeptText, status: z.string(), createdAt: z.number().nullable() }).nullable(),
  /** `codex exec` began a turn for its goal and did nothing in it: it ends there, and stops that turn as it goes. */
  isGoalTurnEmpty: z.boolean(),
  /** A person may be asked to approve a call; null where no turn said. */
  asksPerson: z.boolean().nullable(),
  /** Every command is asked for but those known to be safe, which end at once: the policy `untrusted`. */
  asksForCommands: z.boolean(),
  /**
   * The last item looks like the end of a turn in a version that does not say so: the agent's own text, or an output
   * that says the person interrupted.
   */
  weakEnd: z
    .object({
      at: z.number(),
      line: z.number().nullable(),
      outcome: z.enum(["success", "cancelled"]),
      message: KeptText.nullable(),
    })
    .nullable(),
  isLastCallKilled: z.boolean(),
  /** Call → how a record beside its output says it ended. */
  verdicts: z.record(z.string(), z.enum(["ok", "failed"])),
  /** The same of the last command inside a script, whose id is not the call's. */
  scriptVerdict: z.enum(["ok", "failed"]).nullable(),
  /** Open call → its tool. */
  tools: z.record(z.string(), KeptText),
  /** Open call → its command, in case it goes on in the background. */
  commands: z.record(z.string(), KeptText),
  /** Open call → the background session or cell that it polls. */
  polls: z.record(z.string(), z.string()),
  background: z.record(z.string(), z.literal(true)),
  /** Its records are those of the thread that it was forked from: all written at once, at its beginning. */
  isCopying: z.boolean(),
  /** When the last record was written; epoch milliseconds. */
  writtenAt: z.number().nullable(),
  /** The last total of the thread, and of it what is not its own. Null until a total tells of a fork's origin. */
  total: Used,
  notOwn: Used.nullable(),
});
export type Memory = z.infer<typeof Memory>;

/** What to say of a turn whose last command was killed. */
export const killed = "its last command was interrupted";

const entriesKept = 64;

export function emptyMemory(): Memory {
  return {
    hasTurns: false,
    isTurnOpen: false,
    isOneShot: false,
    tellsErrors: false,
    needsNoAnswer: false,
    turnError: null,
    plan: null,
    title: null,
    goal: null,
    isGoalTurnEmpty: false,
    asksPerson: null,
    asksForCommands: false,
    weakEnd: null,
    isLastCallKilled: false,
    verdicts: {},
    scriptVerdict: null,
    tools: {},
    commands: {},
    polls: {},
    background: {},
    isCopying: false,
    writtenAt: null,
    total: { input: 0, output: 0 },
    notOwn: { input: 0, output: 0 },
  };
}

/** Notes `value` under `key`; the oldest note gives way when there are too many. */
export function note<Value>(notes: Record<string, Value>, key: string, value: Value): void {
  notes[key] = value;
  const keys = Object.keys(notes);
  if (keys.length > entriesKept && keys[0] !== undefined) delete notes[keys[0]];
}

/** Gives what stands under `key` and forgets it. */
export function take<Value>(notes: Record<string, Value>, key: string): Value | null {
  const value = ownValue(notes, key) ?? null;
  delete notes[key];
  return value;
}

/** What a person asked for was refused: the turn goes on as if nothing was said. */
const endsNothing = /^(thread_rollback_failed|active_turn_not_steerable)$/;

/** An `error` record: the end of the turn, unless it is about something else or the agent goes on after it. */
export function turnError(event: unknown, place: Place, memory: Memory): readonly AgentEvent[] {
  const { message, codex_error_info: info } = ErrorEvent.parse(event);
  const isBetweenTurns = memory.hasTurns && !memory.isTurnOpen;
  if (isBetweenTurns || endsNothing.test(errorName(info))) return [];
  memory.turnError = message ?? "error";
  return [{ ...place, type: "turn_ended", outcome: "failure", message: memory.turnError }];
}

/** The agent works: what seemed to be the end before this was none. */
export function goneOn(place: Place, memory: Memory): readonly AgentEvent[] {
  if (memory.turnError === null && !memory.isGoalTurnEmpty) return [];
  memory.turnError = null;
  memory.isGoalTurnEmpty = false;
  return [{ ...place, type: "turn_started" }];
}

/** A person's message. */
export function userMessage(text: string, place: Place, memory: Memory): readonly AgentEvent[] {
  memory.weakEnd = null;
  memory.isLastCallKilled = false;
  return [{ ...place, type: "user_message", text }];
}

/** A request that failed and is tried again: `Reconnecting... 1/5`. */
export function streamError(message: string, place: Place): AgentEvent {
  const [, attempt, maxAttempts] = /(\d+)\/(\d+)/.exec(message) ?? [];
  return {
    ...place,
    type: "provider_retry",
    message,
    attempt: attempt === undefined ? null : Number(attempt),
    maxAttempts: maxAttempts === undefined ? null : Number(maxAttempts),
  };
}

// A copy is written in one go (1 ms for 15 records), and no model answers that fast.
const copyPauseMs = 200;

/** Whether records are copied: from the meta record of another thread on (up to 0.140, sub-agents later) to the first pause. */
export function noteCopy(isBegun: boolean, at: number, memory: Memory): void {
  if (isBegun) memory.isCopying = true;
  else if (at - (memory.writtenAt ?? at) >= copyPauseMs) memory.isCopying = false;
  memory.writtenAt = at;
}

/**
 * What the thread used itself; null while that is not told. A resumed thread's totals go on from those before, a fork's from
 * its origin's. Where they become less they began anew: when the context was full, or with another count.
 */
export function ownTotal(
  { total_token_usage, last_token_usage: last }: NonNullable<z.infer<typeof TokenCount>["info"]>,
  memory: Memory,
): Used | null {
  const total = usedIn(total_token_usage);
  const { notOwn, total: before } = memory;
  memory.total = total;
  if (memory.isCopying) {
    memory.notOwn = total;
    return null;
  }
  const earlier = last == null ? total : minus(total, usedIn(last));
  const isAnew = total.input < before.input || total.output < before.output;
  const others = notOwn === null ? earlier : isAnew ? minus(notOwn, minus(before, earlier)) : notOwn;
  memory.notOwn = others;
  return minus(total, others);
}

function usedIn({ input_tokens: input, output_tokens: output }: z.infer<typeof TokenUsage>): Used {
  return { input, output };
}

function minus(a: Used, b: Used): Used {
  return { input: a.input - b.input, output: a.output - b.output };
}
