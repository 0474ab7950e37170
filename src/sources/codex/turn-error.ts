import { z } from "zod";
import type { AgentEvent } from "../../core/agent-event.ts";
import { plainText } from "../../core/plain-text.ts";
import type { Memory, Place } from "./memory.ts";

const ErrorEvent = z.object({
  message: z.string().nullish().catch(null),
  codex_error_info: z.unknown().optional(),
});
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

/** The name in `codex_error_info`: a word, or an object named by it. */
export function errorName(info: unknown): string {
  if (typeof info === "string") return info;
  return typeof info === "object" && info !== null ? (Object.keys(info)[0] ?? "error") : "error";
}
