import type { Activity } from "./activity.ts";
import type { AgentEvent } from "./agent-event.ts";
import { observe } from "./observe.ts";

/**
 * Where no record ends a turn, so much silence after the agent's last words does: in the middle of a turn the longest gap was
 * 111 s (Claude Code, of 237, median 0.8 s), and 5.1 s (Gemini CLI).
 */
export const quietMs = 120_000;

/** The activity with an end that no record says; it is no sign of life. */
export function withUnwrittenEnd(
  activity: Activity,
  end: Omit<Extract<AgentEvent, { type: "turn_ended" }>, "type">,
): Activity {
  const ended = observe(structuredClone(activity), { type: "turn_ended", ...end });
  return { ...ended, lastActivityAt: activity.lastActivityAt };
}
