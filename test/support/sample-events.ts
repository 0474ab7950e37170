import type { AgentEvent, CallOutcome, Outcome, WaitingKind } from "../../src/core/evidence/agent-event.ts";
import { minute, now, second } from "./sample-clock.ts";

/** A sign of life `agoMs` before now. */
export const active = (agoMs: number): AgentEvent => ({ type: "active", at: now - agoMs });

/** An instruction `agoMs` before now. */
export const message = (agoMs: number): AgentEvent => ({ type: "user_message", at: now - agoMs });

/** The end of a turn `agoMs` before now. */
export function ended(agoMs: number, outcome: Outcome = "success", words: string | null = null): AgentEvent {
  return { type: "turn_ended", at: now - agoMs, outcome, message: words };
}

/** Something asked of a person `agoMs` before now. */
export function asked(
  agoMs: number,
  kind: WaitingKind,
  given: { readonly tool?: string; readonly text?: string } = {},
): AgentEvent {
  return { type: "asked", at: now - agoMs, for: kind, tool: given.tool ?? null, text: given.text ?? null };
}

/** A failed request to the provider `agoMs` before now. */
export function retry(
  agoMs: number,
  attempt: number | null = null,
  maxAttempts: number | null = 10,
): AgentEvent {
  return { type: "provider_retry", at: now - agoMs, message: "overloaded", attempt, maxAttempts };
}

/** A shell that began `agoMs` before now. */
export function shell(id: string, agoMs: number, title: string | null = null): AgentEvent {
  return { type: "child_started", at: now - agoMs, childId: id, kind: "shell", title };
}

/** A tool call that took a second and ended `agoMs` before now. */
export function call(agoMs: number, outcome: CallOutcome, given: { tool?: string; error?: string } = {}) {
  const callId = `call-${agoMs}`;
  const tool = given.tool ?? "read";
  const error = given.error ?? (outcome === "failed" ? `cannot ${tool} at ${agoMs}` : null);
  const raw = error ?? `result at ${agoMs}`;
  return [
    {
      type: "call_started",
      at: now - agoMs - second,
      callId,
      tool,
      input: { raw: { path: `src/${agoMs}.ts` } },
    },
    { type: "call_ended", at: now - agoMs, callId, outcome, output: { raw }, error },
  ] as const satisfies readonly AgentEvent[];
}

/** A tool call that began `agoMs` before now and has not ended. */
export function openCall(agoMs: number, timeoutMs: number | null = null): AgentEvent {
  return {
    type: "call_started",
    at: now - agoMs,
    callId: "open",
    tool: "bash",
    input: { raw: { command: "bun test" } },
    timeoutMs,
  };
}

/** Failed calls a minute apart, the last a minute before now. */
export function failures(count: number, agoMs = 0): AgentEvent[] {
  return Array.from({ length: count }, (_, index) => call(agoMs + (count - index) * minute, "failed")).flat();
}

/** Equal calls with equal results a second apart, the last a second before `agoMs` ago. */
export function equalCalls(count: number, agoMs = 0): AgentEvent[] {
  return Array.from({ length: count }, (_, index): AgentEvent[] => {
    const at = now - agoMs - (count - index) * second;
    const callId = `c${index}`;
    return [
      { type: "call_started", at, callId, tool: "bash", input: { raw: { command: "ls" } } },
      { type: "call_ended", at, callId, outcome: "ok", output: { raw: "a.ts" } },
    ];
  }).flat();
}
