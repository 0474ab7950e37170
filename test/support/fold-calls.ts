import type { Activity } from "../../src/core/evidence/activity.ts";
import type { AgentEvent, CallKind, CallOutcome, CallTrait } from "../../src/core/evidence/agent-event.ts";
import { emptyActivity, observe } from "../../src/core/evidence/observe.ts";
import { findLoop, loopRules } from "../../src/core/loops/loop.ts";

/** One call in the words of a test; hashes are any text, null is unknown. */
export type TestCall = {
  readonly tool?: string;
  readonly kind?: CallKind;
  readonly search?: boolean;
  readonly args?: string | null;
  readonly result?: string | null;
  readonly answer?: string;
  readonly error?: string;
  /** The text of the error, for people. */
  readonly says?: string;
  readonly length?: number;
  readonly trait?: CallTrait;
  /** The model's message that holds it. */
  readonly message?: string;
  /** Instead of hashes: what really stood in the records. */
  readonly input?: object;
  readonly text?: string;
  readonly outcome?: CallOutcome;
};

/** Noon of some day; each call starts a second after the one before it. */
export const startedAt = Date.UTC(2026, 0, 10, 12);
export const options = { now: startedAt } as const;

export function eventsOf(calls: readonly TestCall[], everyMs = 1_000): AgentEvent[] {
  return calls.flatMap((call, index): AgentEvent[] => {
    const {
      tool = "read",
      kind = "obs",
      search = false,
      args = "args",
      result = "result",
      error = null,
    } = call;
    const at = startedAt + index * everyMs;
    const callId = `call ${index}`;
    const digest = { kind, isSearch: search, argsHash: args, trait: call.trait ?? null };
    const output = {
      resultHash: result,
      answerHash: call.answer ?? result,
      errorHash: error,
      length: call.length ?? 100,
    };
    return [
      {
        type: "call_started",
        at,
        line: index + 1,
        callId,
        tool,
        input: call.input ? { raw: call.input } : { digest },
        messageId: call.message ?? null,
      },
      {
        type: "call_ended",
        at: at + 100,
        line: index + 1,
        callId,
        outcome: call.outcome ?? (error === null ? "ok" : "failed"),
        output:
          call.text !== undefined
            ? { raw: call.text }
            : result === null && error === null
              ? null
              : { digest: output },
        error: call.says ?? null,
      },
    ];
  });
}

export function fold(events: readonly AgentEvent[], activity: Activity = emptyActivity()): Activity {
  return events.reduce(observe, activity);
}

export function activityOf(calls: readonly TestCall[], everyMs?: number): Activity {
  return fold(eventsOf(calls, everyMs));
}

/** `stuck R3`, `struggling S`, or `null`. */
export function verdictOf(calls: readonly TestCall[], everyMs?: number): string | null {
  const activity = activityOf(calls, everyMs);
  const finding = findLoop(activity, { ...options, now: activity.lastActivityAt ?? startedAt });
  return finding && `${finding.level} ${finding.rule}`;
}

/** What one rule says, whatever the others say: `stuck`, `struggling`, `healthy`, or `quiet`. */
export function levelBy(id: string, calls: readonly TestCall[]): string {
  const only = loopRules.filter((rule) => rule.id === id);
  return findLoop(activityOf(calls), options, only)?.level ?? "quiet";
}

/** `count` calls, each made from its number. */
export function times(count: number, make: (index: number) => TestCall): TestCall[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A call like no other. */
export function fresh(name: number | string, call: TestCall = {}): TestCall {
  return { args: `fresh args ${name}`, result: `fresh result ${name}`, ...call };
}
