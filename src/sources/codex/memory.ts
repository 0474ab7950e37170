import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { ownValue } from "../../core/text/fields.ts";
import { plainText } from "../../core/text/safe-text.ts";
import { ErrorEvent, errorName } from "./records.ts";

/** When and where a record was written. */
export type Place = { readonly at: number; readonly line: number | null };

/** What the translation of a rollout's line needs to know of the lines before it. Bounded. */
export type Memory = {
  /** Turn records were seen; versions before about 0.100 write none in `exec`. */
  hasTurns: boolean;
  /** A turn began and nothing says how it ended. */
  isTurnOpen: boolean;
  /** Its process ends with its turn, as `codex exec` does. */
  isOneShot: boolean;
  /** Its version says why a turn failed: without a word of the agent it did not fail for that alone. */
  tellsErrors: boolean;
  /** The turn is of a kind that ends without a word of the agent: a compaction, a review, a person's own command. */
  needsNoAnswer: boolean;
  /** The last error of the turn; null again when the agent went on after it. */
  turnError: string | null;
  /** The plan that the turn proposed, if it did not go on to work. */
  plan: string | null;
  title: string | null;
  /** A person may be asked to approve a call; null where no turn said. */
  asksPerson: boolean | null;
  /**
   * The last item looks like the end of a turn in a version that does not say so: the agent's own text, or an output
   * that says the person interrupted.
   */
  weakEnd: {
    at: number;
    line: number | null;
    outcome: "success" | "cancelled";
    message: string | null;
  } | null;
  isLastCallKilled: boolean;
  /** Call → how a record beside its output says it ended. */
  verdicts: Record<string, "ok" | "failed">;
  /** The same of the last command inside a script, whose id is not the call's. */
  scriptVerdict: "ok" | "failed" | null;
  /** Open call → its tool. */
  tools: Record<string, string>;
  /** Open call → its command, in case it goes on in the background. */
  commands: Record<string, string>;
  /** Open call → the background session or cell that it polls. */
  polls: Record<string, string>;
  background: Record<string, true>;
};

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
    asksPerson: null,
    weakEnd: null,
    isLastCallKilled: false,
    verdicts: {},
    scriptVerdict: null,
    tools: {},
    commands: {},
    polls: {},
    background: {},
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
  memory.turnError = plainText(message ?? "error");
  return [{ ...place, type: "turn_ended", outcome: "failure", message: memory.turnError }];
}

/** The agent works: an error before this did not end the turn. */
export function goneOn(place: Place, memory: Memory): readonly AgentEvent[] {
  if (memory.turnError === null) return [];
  memory.turnError = null;
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
