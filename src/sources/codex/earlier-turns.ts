import type { Activity } from "../../core/activity.ts";
import type { AgentEvent } from "../../core/agent-event.ts";
import { cutOff } from "../cut-off.ts";
import type { Memory, Place } from "./memory.ts";

/**
 * What the beginning of a turn says of those before it: a call that is still open was killed with its session, and so
 * were the background commands when the session's process cannot be the same one any more.
 */
export function endEarlierTurns(
  { openCalls, children }: Readonly<Activity>,
  place: Place,
  memory: Memory,
): readonly AgentEvent[] {
  const calls = cutOff(openCalls, place);
  const wasKilled = memory.isTurnOpen;
  if (!wasKilled && !memory.isOneShot) return calls;
  memory.background = {};
  return [...calls, ...endShells(children, place)];
}

/** The background commands that ended with the process they ran in. */
export function endShells(children: Activity["children"], place: Place): readonly AgentEvent[] {
  return children
    .filter(({ kind, endedAt }) => kind === "shell" && endedAt === null)
    .map(({ id }) => ({ ...place, type: "child_ended", childId: id, outcome: "cancelled" }));
}
