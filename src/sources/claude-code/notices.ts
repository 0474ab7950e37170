import { join } from "node:path";
import { z } from "zod";
import type { Activity, Waiting } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import type { Claim } from "../../core/evidence/stream.ts";
import { parseTime } from "../../core/text/time.ts";
import { readSmallText } from "../../io/open-file.ts";
import type { FollowedFiles } from "../followed-files.ts";

const text = z.string().nullish().catch(null);
const State = z.object({
  sessionId: z.string(),
  state: text,
  tempo: text,
  detail: text,
  needs: text,
  name: text,
  updatedAt: text,
  firstTerminalAt: text,
});

/** A background session (`claude --bg`, 2.1.330) as its supervisor tells it. */
export type Job = z.infer<typeof State> & { readonly path: string };

/** Session id → its background job. The roster beside them holds tokens and is not opened. */
export function readJobs(home: string, files: FollowedFiles): ReadonlyMap<string, Job> {
  const jobs = new Map<string, Job>();
  for (const name of files.list(join(home, "jobs"))) {
    const path = join(home, "jobs", name, "state.json");
    const parsed = State.safeParse(readJson(path));
    if (parsed.success) jobs.set(parsed.data.sessionId, { ...parsed.data, path });
  }
  return jobs;
}

/** What a background session needs from a person. `tempo` is the live word; `state` latches. */
export function jobWaiting(job: Job, activity: Activity): Waiting | null {
  if (job.tempo !== "blocked" || activity.waiting !== null || activity.ended !== null) return null;
  const needs = job.needs ?? job.detail ?? null;
  const at = parseTime(job.updatedAt) ?? activity.lastActivityAt ?? 0;
  if (isTakenUp(activity, at)) return null;
  return { at, line: null, for: kindOf(needs ?? ""), tool: null, text: needs, callId: null };
}

/** The end that a person gave to a background session whose turn was still open. */
export function jobEnd(job: Job, activity: Activity): AgentEvent | null {
  if (job.state !== "stopped" || activity.ended !== null) return null;
  const at = parseTime(job.firstTerminalAt) ?? parseTime(job.updatedAt) ?? activity.lastActivityAt;
  return at === null || isTakenUp(activity, at)
    ? null
    : { type: "turn_ended", at, outcome: "cancelled", message: "stopped by a person" };
}

function isTakenUp({ lastUserMessageAt }: Activity, at: number): boolean {
  return (lastUserMessageAt ?? 0) > at;
}

/** What the supervisor says of a worker that crashed; it starts it again by itself. */
export function jobClaims(job: Job): Claim[] {
  if (job.state !== "crashed") return [];
  return [
    {
      by: "background session",
      says: "failure",
      word: "crashed",
      at: parseTime(job.updatedAt),
      file: job.path,
      line: null,
    },
  ];
}

function kindOf(needs: string): Waiting["for"] {
  if (/^answer/i.test(needs)) return "question";
  return /permission|approv|allow/i.test(needs) ? "permission" : "prompt";
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readSmallText(path));
  } catch {
    // Not a job's folder, or being written: the transcript speaks for itself.
    return null;
  }
}
