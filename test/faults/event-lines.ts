import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { MonitoringEvent } from "../../src/core/log/event.ts";

/** An event log as it lies on disk: its whole lines, and what stands behind the last newline. */
export type EventLines = { readonly whole: readonly string[]; readonly torn: string };

export function readEventLines(path: string): EventLines {
  const parts = (existsSync(path) ? readFileSync(path, "utf8") : "").split("\n");
  return { torn: parts.pop() ?? "", whole: parts };
}

/** Lines that stood whole before and do not stand as they were. A torn last line may get its end. */
export function goneLines(before: EventLines, after: EventLines): string[] {
  return before.whole.filter((line, at) => after.whole[at] !== line);
}

/** The event of a line; null when it is none. */
export function eventOf(line: string): MonitoringEvent | null {
  try {
    return MonitoringEvent.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** What a finished run printed with `--json`, as far as its record is compared with it. */
export const Seen = z.object({
  run: z.object({ id: z.string(), at: z.iso.datetime() }),
  tasks: z.array(
    z.object({ id: z.string().nullable(), worktree: z.string(), health: z.string(), reason: z.string() }),
  ),
});
export type Seen = z.infer<typeof Seen>;

/**
 * What a finished run saw and no line tells, in words: its own line, the health (and reason) of each task as the last
 * change, the end of each that is over. Knows nothing of how the monitor itself reads its log.
 */
export function untold(lines: EventLines, seen: Seen): string[] {
  const known = new Set<string>();
  const told = new Map<string, string>();
  const ended = new Map<string, Set<string>>();
  for (const line of lines.whole) {
    const event = eventOf(line);
    if (event === null || known.has(event.id) || event.time > seen.run.at) continue;
    known.add(event.id);
    if (event.type === "agentmonitor.task.health_changed.v1")
      told.set(event.subject, `${event.data.to}/${event.data.reason}`);
    if (event.type === "agentmonitor.task.finished.v1")
      ended.set(event.subject, (ended.get(event.subject) ?? new Set()).add(event.data.outcome));
  }
  const untoldTasks = seen.tasks.flatMap(({ id, worktree, health, reason }) => {
    const subject = id ?? worktree;
    const outcomes = outcomesOf[health];
    const last = told.get(subject) ?? "nothing";
    // Of what is over only how it ended is told, not each reason for saying so.
    const isTold = outcomes === undefined ? last === `${health}/${reason}` : last.startsWith(`${health}/`);
    const isEndTold = outcomes === undefined || outcomes.some((outcome) => ended.get(subject)?.has(outcome));
    return isTold && isEndTold ? [] : [`${subject} is ${health}/${reason}, told was ${last}`];
  });
  return known.has(seen.run.id) ? untoldTasks : [`the run ${seen.run.id} itself`, ...untoldTasks];
}

const outcomesOf: Readonly<Record<string, readonly string[]>> = {
  completed: ["success"],
  failed: ["failure", "timeout"],
  cancelled: ["cancelled"],
};
