import type { Activity } from "../../core/activity.ts";
import type { AgentEvent } from "../../core/agent-event.ts";
import type { Heartbeat } from "./heartbeats.ts";
import type { FailedRequest } from "./log-tail.ts";

/** Where traces of failed requests may be: the logs' tails, and the plugin's heartbeat in the session's folder. */
export type Traces = {
  readonly requests: readonly FailedRequest[];
  readonly heartbeat: Heartbeat | null;
};

/**
 * The requests that failed since the last sign of a session that waits for the model. The heartbeat names agents, no
 * sessions: it counts only where one agent has that name.
 */
export function retryEvents(
  activity: Activity,
  session: { readonly id: string; readonly agent: string | null },
  { requests, heartbeat }: Traces,
  now: number,
): readonly AgentEvent[] {
  if (activity.ended !== null || activity.openCalls.length > 0) return [];
  const since = activity.lastActivityAt ?? now;
  const logged = requests.filter(({ sessionId, at }) => sessionId === session.id && at >= since && at <= now);
  if (logged.length > 0) {
    return logged.map(({ at, message }, index) => ({
      type: "provider_retry",
      at,
      message,
      attempt: index + 1,
      maxAttempts: null,
    }));
  }
  const same = heartbeat?.agents.filter((one) => one.name === session.agent) ?? [];
  if (heartbeat === null || same.length !== 1 || same[0]?.status !== "retry") return [];
  return [
    {
      type: "provider_retry",
      at: Math.min(heartbeat.at, now),
      message: "the plugin reports that the request is being repeated",
      attempt: null,
      maxAttempts: null,
    },
  ];
}
