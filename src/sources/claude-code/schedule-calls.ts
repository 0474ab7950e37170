import { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { nextTime } from "../../core/text/cron.ts";
import { ownValue } from "../../core/text/fields.ts";
import { isTime } from "../../core/text/time.ts";
import type { Place } from "./memory.ts";

const Created = z.object({
  id: z.string(),
  humanSchedule: z.string(),
  recurring: z.boolean().catch(false),
  nextFireAt: z.number().refine(isTime),
});

/** The events of a schedule that was made. */
export function scheduled(result: unknown, place: Place): AgentEvent[] {
  const created = Created.safeParse(result);
  if (!created.success) return [];
  const { id, humanSchedule, recurring, nextFireAt } = created.data;
  const cron = recurring ? place.state.cron : null;
  place.state.schedules[id] = { untilAt: Math.round(nextFireAt), cron, words: humanSchedule };
  return [nextOf(place)];
}

/** The events of a prompt that a schedule gave, and when its next one is due. */
export function rearmed(id: string, place: Place): AgentEvent[] {
  const { schedules } = place.state;
  const fired = ownValue(schedules, id);
  if (fired === undefined) return [];
  const dueAt = fired.cron === null ? null : latestTime(fired.cron, place.at);
  if (dueAt === null) delete schedules[id];
  else fired.untilAt = dueAt;
  return [nextOf(place)];
}

/** The events of a schedule that was given up. */
export function unscheduled(id: string | undefined, place: Place): AgentEvent[] {
  if (id === undefined || ownValue(place.state.schedules, id) === undefined) return [];
  delete place.state.schedules[id];
  return [nextOf(place)];
}

function nextOf({ at, line, state }: Place): AgentEvent {
  const [next] = Object.values(state.schedules).toSorted((a, b) => a.untilAt - b.untilAt);
  return { type: "asleep", at, line, untilAt: next?.untilAt ?? null, reason: next?.words ?? null };
}

const minuteMs = 60_000;

// Recurring prompts come up to a tenth of their period late, a quarter of an hour at most.
function latestTime(cron: string, after: number): number | null {
  const next = nextTime(cron, after);
  if (next === null) return null;
  const everyMs = (nextTime(cron, next) ?? next) - next;
  return next + Math.min(everyMs / 10, 15 * minuteMs);
}
