import type { OpenCall } from "../core/evidence/activity.ts";
import type { AgentEvent } from "../core/evidence/agent-event.ts";

/** The ends of calls that were still open when their session was killed, as told by a record at `place` that goes on with it. */
export function cutOff(
  calls: readonly OpenCall[],
  place: { readonly at: number; readonly line: number | null },
): AgentEvent[] {
  const { at, line } = place;
  return calls.map(({ callId, tool }) => ({
    type: "call_ended",
    at,
    line,
    callId,
    tool,
    outcome: "neutral",
    output: null,
  }));
}
