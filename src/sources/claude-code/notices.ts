import { join } from "node:path";
import { z } from "zod";
import type { Activity, Waiting } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness } from "../../core/evidence/stream.ts";
import { usageLimitOf } from "../../core/evidence/usage-limit.ts";
import { lastWords } from "../../core/text/last-words.ts";
import { isTime, parseTime } from "../../core/text/time.ts";
import { readJsonFile } from "../../io/open-file.ts";
import type { FollowedFiles } from "../followed-files.ts";

const text = z.string().nullish().catch(null);
const count = z.number().nullish().catch(null);
const moment = z.union([z.string(), z.number()]).nullish().catch(null);
const State = z.object({
  sessionId: z.string(),
  state: text,
  tempo: text,
  detail: text,
  needs: text,
  name: text,
  intent: text,
  cwd: text,
  worktreePath: text,
  createdAt: text,
  updatedAt: text,
  firstTerminalAt: text,
  /** It starts its next round by itself (2.1.332). */
  selfWake: z.boolean().nullish().catch(null),
  routine: z.unknown().optional(),
  output: z.object({ result: text }).nullish().catch(null),
  inFlight: z
    .object({
      tasks: count,
      /** How many of them are watches that outlive the worker. */
      drainableMonitors: count,
      kinds: z.array(z.string()).nullish().catch(null),
      wake: z.object({ at: moment, reason: text }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

/**
 * A background session (`claude --bg`, 2.1.330) as its supervisor tells it: a small model judges the end of each turn.
 * `tempo` is the live word, `state` the last judgement; the supervisor retires idle workers, and what it said stays true.
 */
export type Job = z.infer<typeof State> & { readonly path: string; readonly at: number | null };

/** Session id → its background job. The roster beside them holds tokens and is not opened. */
export function readJobs(home: string, files: FollowedFiles): ReadonlyMap<string, Job> {
  const jobs = new Map<string, Job>();
  for (const name of files.list(join(home, "jobs"))) {
    const path = join(home, "jobs", name, "state.json");
    const parsed = State.safeParse(readJsonFile(path));
    // Not a job's folder, or being written: the transcript speaks for itself.
    if (!parsed.success) continue;
    const at = parseTime(parsed.data.updatedAt) ?? parseTime(parsed.data.createdAt);
    jobs.set(parsed.data.sessionId, { ...parsed.data, path, at });
  }
  return jobs;
}

/** The title that its supervisor gave a job; else the first line of what it was asked. */
export function titleOfJob({ name, intent }: Job): string | null {
  const given = name ?? intent?.split("\n").find((line) => line.trim() !== "") ?? null;
  return given === null || given.trim() === "" ? null : given;
}

const ends = { done: "success", failed: "failure", stopped: "cancelled" } as const;

/**
 * Whether its supervisor calls it over: done, failed or stopped, and not at work again; one that comes back by itself is
 * not done (2.1.332).
 */
export function hasEnded(job: Job): boolean {
  const { state, tempo } = job;
  if (tempo === "active" || isUnasked(job)) return false;
  return state === "failed" || state === "stopped" || (state === "done" && !comesBack(job));
}

function comesBack({ selfWake, routine, inFlight, intent }: Job): boolean {
  const isLoop = /^\s*\/loop\b/i.test(intent ?? "");
  return isLoop || selfWake === true || routine !== undefined || isOnSchedule({ inFlight });
}

function isOnSchedule({ inFlight }: Pick<Job, "inFlight">): boolean {
  return inFlight?.wake != null || inFlight?.kinds?.includes("session_cron") === true;
}

const unasked = "send a prompt to start";

/** Opened and never given anything to do. */
function isUnasked({ intent, needs, detail }: Job): boolean {
  return intent === "" && (needs === unasked || detail?.includes(unasked) === true);
}

/** The end that its supervisor recorded, unless it was taken up again; `isBusy`: its process says that it works. */
function jobEnd(
  job: Job,
  activity: Activity,
  isBusy: boolean,
): Extract<AgentEvent, { type: "turn_ended" }> | null {
  const { state, detail, output } = job;
  const first = parseTime(job.firstTerminalAt);
  const at = first === null || isTakenUp(activity, first) ? job.at : first;
  if (at === null || !hasEnded(job) || isTakenUp(activity, at)) return null;
  // A new supervisor may have given up a worker that lives, and a judgement stays until the next one.
  if (isBusy && activity.ended === null) return null;
  if (state === "done") {
    const result = output?.result ?? detail ?? null;
    return { type: "turn_ended", at, outcome: ends.done, message: result, answer: null };
  }
  if (state === "failed") return { type: "turn_ended", at, outcome: ends.failed, message: detail ?? null };
  if (state !== "stopped") return null;
  return { type: "turn_ended", at, outcome: ends.stopped, message: "stopped by a person" };
}

/** What a job needs from a person. What repeats the order is no question. */
export function jobWaiting(job: Job, activity: Activity): Waiting | null {
  const { tempo, needs, at } = job;
  if (isUnasked(job) && at !== null)
    return { at, line: null, for: "prompt", tool: null, text: null, callId: null, untilAt: null };
  if (tempo !== "blocked" || needs == null || needs === "" || at === null || isTakenUp(activity, at))
    return null;
  const kind = kindOf(needs);
  // Of a turn that failed it repeats the error; only a limit passes by itself.
  if (activity.ended?.outcome === "failure" && kind !== "usage_limit") return null;
  const [, tool, command] = (kind === "permission" ? needs.match(/^approve ([\w-]+): (.+)$/s) : null) ?? [];
  return {
    at,
    line: null,
    for: kind,
    tool: tool ?? null,
    text: lastWords(command ?? needs.replace(/^answer: /, "")),
    callId: null,
    untilAt: usageLimitOf(needs, at)?.untilAt ?? null,
  };
}

function kindOf(needs: string): Waiting["for"] {
  if (/rate.?limit/i.test(needs) || usageLimitOf(needs, 0) !== null) return "usage_limit";
  if (/^(permission|approv|allow)|permission (to|for)|approve/i.test(needs)) return "permission";
  return "question";
}

/** Takes up in `activity` what a job's supervisor says of its end; what it left behind is not waited for. */
export function observeJob(activity: Activity, job: Job, isBusy: boolean): void {
  const wake = jobWake(job);
  if (wake !== null && activity.asleep === null && (activity.lastActivityAt ?? 0) < (wake.untilAt ?? 0))
    observe(activity, wake);
  const end = jobEnd(job, activity, isBusy);
  if (end === null) {
    // Its failed turn is no end: the supervisor says what it needs now.
    if (jobWaiting(job, activity) !== null && activity.ended?.outcome === "failure") activity.ended = null;
    return;
  }
  for (const { id, endedAt } of activity.children)
    if (endedAt === null) observe(activity, { type: "child_ended", at: end.at, childId: id, outcome: null });
  activity.openCalls = [];
  observe(activity, end);
}

/** When a job will be woken, once its turn is over. */
function jobWake(job: Job): Extract<AgentEvent, { type: "asleep" }> | null {
  const wake = job.inFlight?.wake;
  if (wake == null || job.at === null || hasEnded(job)) return null;
  const untilAt = typeof wake.at === "number" ? wake.at : parseTime(wake.at);
  return untilAt === null || !isTime(untilAt)
    ? null
    : { type: "asleep", at: job.at, untilAt, reason: wake.reason ?? null };
}

/** What a job whose turn is over waits for, other than a person; null where nothing says so. */
export function jobBusyWith(job: Job, activity: Activity): string | null {
  const { state, tempo, at, detail, inFlight } = job;
  const isOpen = state === "working" || (state === "done" && !hasEnded(job));
  if (!isOpen || tempo !== "idle" || at === null || isTakenUp(activity, at)) return null;
  const words = detail ?? "";
  const what = words.replace(/^\s*(still )?wait(s|ing)? (for|on|until) /i, "");
  if (what !== words) return what;
  if ((inFlight?.tasks ?? 0) === 0) return null;
  const work = isOnSchedule(job) ? "its next round" : "background work";
  return what === "" ? work : `${work} (${what})`;
}

/** Whether all that works for it are watches and commands, which say nothing until they are over. */
export function isWatching({ inFlight }: Job): boolean {
  const kinds = inFlight?.kinds ?? [];
  return (inFlight?.tasks ?? 0) > 0 && kinds.length > 0 && kinds.every((kind) => /monitor|shell/.test(kind));
}

/** Its supervisor starts a worker that died again by itself, within about 12 s. */
const restartMs = 60_000;

/** How a job stands whose worker is dead: about to be started again, or staying away. Null where its worker is not dead. */
export function jobCrash(
  job: Job,
  liveness: Liveness | null,
  now: number,
): { readonly isComing: boolean; readonly says: string } | null {
  const isDead = liveness?.state === "gone" && liveness.isInferred !== true;
  if (liveness?.state === "alive" || (job.state !== "crashed" && !isDead) || isSettled(job)) return null;
  const isComing = job.at !== null && now - job.at < restartMs;
  const reason =
    job.state === "crashed" && job.detail != null ? ` (${job.detail.replace(/; respawning$/, "")})` : "";
  if (job.state !== "crashed" && losesWork(job) && !isComing)
    return { isComing, says: "its worker is gone, and what it waited for with it" };
  return {
    isComing,
    says: isComing
      ? `its worker crashed${reason} and is about to be started again`
      : `its worker crashed${reason} and was not started again`,
  };
}

/** What is known of a job's process: what its supervisor says outlives a worker; one that it starts again is not gone. */
export function lifeOfJob(
  job: Job,
  liveness: Liveness | null,
  crash: ReturnType<typeof jobCrash>,
): Liveness | null {
  if (crash !== null)
    return crash.isComing ? null : { state: "gone", pid: liveness?.pid ?? null, says: crash.says };
  return isSettled(job) && liveness?.state === "gone" ? null : liveness;
}

/** Takes the turn of a crashed worker up again where it was to go on: it is started again, or something ran for it. */
export function reopenCrashed(activity: Activity, job: Job, isComing: boolean): void {
  const at = activity.ended?.at;
  const isLost = losesWork(job) || activity.children.some(({ endedAt }) => endedAt === null);
  if (at === undefined || activity.ended?.outcome !== "success" || activity.asleep !== null) return;
  if (isComing || isLost) observe(activity, { type: "turn_started", at });
}

/** Whether what its supervisor says holds without a worker: idle ones are retired. */
export function isSettled(job: Job): boolean {
  return job.tempo !== "active" && job.state !== "crashed" && !losesWork(job);
}

/** Whether something runs for it that its worker's death ends: commands, sub-agents, watches. */
function losesWork(job: Job): boolean {
  const { tasks, drainableMonitors } = job.inFlight ?? {};
  return !hasEnded(job) && !isOnSchedule(job) && (tasks ?? 0) > (drainableMonitors ?? 0);
}

function isTakenUp({ lastUserMessageAt }: Activity, at: number): boolean {
  return (lastUserMessageAt ?? 0) > at;
}
