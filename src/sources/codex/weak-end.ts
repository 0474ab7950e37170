import type { Activity } from "../../core/activity.ts";
import { observe } from "../../core/observe.ts";
import type { Liveness } from "../../core/stream.ts";
import type { Memory } from "./memory.ts";

/** Without process facts this much silence means that a turn which may be over is over. */
const quietMs = 120_000;

/**
 * The activity with the end that versions without turn records leave out. Text is also written in the middle of a turn,
 * and an agent may go on after an interrupt: it is an end only when the process is gone, or nothing followed for a while.
 */
export function withWeakEnd(
  activity: Activity,
  memory: Memory,
  liveness: Liveness,
  isInteractive: boolean,
  now: number,
): Activity {
  const end = memory.weakEnd;
  if (memory.hasTurns || end === null) return activity;
  const isQuiet = now - (activity.lastActivityAt ?? now) >= quietMs;
  const isOver = liveness.state === "gone" || (isQuiet && (liveness.state === "unknown" || isInteractive));
  if (!isOver) return activity;
  const { at, line, outcome, message } = end;
  const words = outcome === "success" ? { message: null, answer: message } : { message };
  const lastActivityAt = activity.lastActivityAt;
  const ended = observe(structuredClone(activity), { type: "turn_ended", at, line, outcome, ...words });
  return { ...ended, lastActivityAt };
}
