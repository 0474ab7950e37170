import { join } from "node:path";
import { z } from "zod";
import type { Activity, Waiting } from "../../core/evidence/activity.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness } from "../../core/evidence/stream.ts";
import { questionIn } from "../../core/text/last-words.ts";
import { isTime } from "../../core/text/time.ts";
import { readJsonFile } from "../../io/open-file.ts";
import type { Processes } from "../../io/processes/processes.ts";
import { realPath } from "../../io/worktrees.ts";
import type { FollowedFiles } from "../followed-files.ts";
import { endsWithItsTurn, isBeforeRegistry, type TranscriptState } from "./memory.ts";
import { searchProcess } from "./search-liveness.ts";

const moment = z.number().refine(isTime).optional().catch(undefined);
/** `sessions/<pid>.json`: what a running process says of itself (2.1). */
const text = z.string().optional().catch(undefined);
const Entry = z.object({
  pid: z.number().int().positive(),
  sessionId: z.string(),
  startedAt: moment,
  procStart: z.coerce.string().optional(),
  pidDomain: text,
  cwd: text,
  /** "bg": its supervisor started it (2.1.330). */
  kind: text,
  entrypoint: text,
  status: text,
  waitingFor: text,
  statusUpdatedAt: moment,
  updatedAt: moment,
});
type Entry = z.infer<typeof Entry>;

/** A process of a session and whether it still lives. */
export type Registered = { readonly path: string; readonly entry: Entry; readonly liveness: Liveness };

/** So long after its turn's end the process of a one-shot run may be on its way out. */
const lingersMs = 120_000;
const clockSlackMs = 5_000;
const reuseSlackMs = 60_000;
const rank = { alive: 0, unknown: 1, gone: 2 } as const;

/** Session id → its process, the liveliest one when a killed process left its entry behind. */
export function readRegistry(
  home: string,
  files: FollowedFiles,
  processes: Processes,
): ReadonlyMap<string, Registered> {
  const found = new Map<string, Registered>();
  for (const name of files.list(join(home, "sessions"))) {
    if (!/^\d+\.json$/.test(name)) continue;
    const path = join(home, "sessions", name);
    const entry = readEntry(path);
    if (entry === null) continue;
    const registered = { path, entry, liveness: livenessOf(entry, processes) };
    const known = found.get(entry.sessionId);
    if (known === undefined || isBetter(registered, known)) found.set(entry.sessionId, registered);
  }
  return found;
}

/**
 * What the process says is open, where the transcript does not say it itself; `children`: what its sub-agents do, whose
 * calls ask in its name.
 */
export function waitingOf(
  registered: Registered,
  activity: Activity,
  children: readonly Activity[],
): Waiting | null {
  const { entry, liveness } = registered;
  if (liveness.state === "gone" || activity.waiting !== null) return null;
  const at = entry.statusUpdatedAt ?? entry.updatedAt ?? activity.lastActivityAt ?? 0;
  if (entry.status === "idle" && isInteractive(registered)) {
    // A sub-agent that wrote since then works on.
    if (children.some((child) => child.ended === null && (child.lastActivityAt ?? 0) > at)) return null;
    const { ended } = activity;
    const place = { at: ended?.at ?? at, line: ended?.line ?? null };
    const text = questionIn(ended?.answer ?? "");
    return { ...place, for: "prompt", tool: null, text, callId: null, untilAt: null };
  }
  if (entry.status !== "waiting") return null;
  const open = [activity, ...children].flatMap(({ openCalls }) => openCalls);
  const call = open.toSorted((a, b) => a.startedAt - b.startedAt).at(-1);
  const word = entry.waitingFor ?? (call === undefined ? null : "permission");
  const kind = waitingKind(word ?? "");
  const target = call?.target ?? null;
  // A word that nobody knows stands as it is.
  const text = kind !== "other" ? target : target === null ? word : `${word} (${target})`;
  return {
    at,
    line: null,
    for: kind,
    tool: call?.tool ?? null,
    text,
    callId: call?.callId ?? null,
    untilAt: null,
  };
}

/** When it went back to work: an answer that it waited for shows only here until the call has its result. */
export function stirredAt({ entry, liveness }: Registered): number | null {
  return liveness.state === "alive" && entry.status === "busy" ? (entry.statusUpdatedAt ?? null) : null;
}

/** What still works although the turn is over. */
export function busyWith({ entry, liveness }: Registered, activity: Activity, now: number): string | null {
  const { ended, children } = activity;
  if (liveness.state !== "alive" || ended?.outcome !== "success") return null;
  if (entry.status === "shell") return "a background shell";
  // A one-shot run ends once nothing of it is open (2.1.197 writes no status for it), or stays for ever (2.1.38).
  if (entry.entrypoint === "sdk-cli" && (entry.status === undefined || entry.status === "busy"))
    return children.some(({ endedAt }) => endedAt === null) || now - ended.at < lingersMs
      ? "background work"
      : null;
  return entry.status === "busy" ? "background work" : null;
}

/** Whether all that is left of it is a shell, which may be silent for as long as it runs. */
export function isLeftToShell({ entry, liveness }: Registered): boolean {
  return liveness.state === "alive" && entry.status === "shell";
}

/** Whether a person's next prompt is what the session waits for once its turn is over. */
export function isInteractive({ entry, liveness }: Registered): boolean {
  return liveness.state !== "gone" && entry.entrypoint === "cli";
}

function waitingKind(word: string): Waiting["for"] {
  if (/permission|approv|sandbox/i.test(word)) return "permission";
  if (/\bplan\b/i.test(word)) return "plan_approval";
  return /input|question|answer/i.test(word) ? "question" : "other";
}

function livenessOf(entry: Entry, processes: Processes): Liveness {
  const { pid, startedAt, procStart } = entry;
  const gone = (says: string): Liveness => ({ state: "gone", pid, says });
  if (isElsewhere(entry, processes))
    return { state: "unknown", pid, says: `pid ${pid} belongs to another container or machine` };
  if (startedAt !== undefined && processes.bootedAt !== null && processes.bootedAt > startedAt + clockSlackMs)
    return gone(`the machine booted after pid ${pid} started`);
  const fact = processes.look(pid);
  if (fact.state !== "alive") return { state: fact.state, pid, says: fact.says };
  const isReused =
    fact.startTicks !== null && procStart !== undefined && /^\d+$/.test(procStart)
      ? fact.startTicks !== procStart
      : fact.startedAt !== null && startedAt !== undefined && fact.startedAt > startedAt + reuseSlackMs;
  return isReused ? gone(`pid ${pid} is another process by now`) : { state: "alive", pid, says: fact.says };
}

// `linux:<machine>:pid:[<namespace>]`: a pid of another namespace says nothing here.
function isElsewhere({ pidDomain }: Entry, processes: Processes): boolean {
  const namespace = pidDomain?.match(/pid:\[\d+\]$/)?.[0];
  return namespace !== undefined && processes.pidNamespace !== null && processes.pidNamespace !== namespace;
}

function isBetter(a: Registered, b: Registered): boolean {
  const order = rank[a.liveness.state] - rank[b.liveness.state];
  return order !== 0 ? order < 0 : (a.entry.startedAt ?? 0) > (b.entry.startedAt ?? 0);
}

function readEntry(path: string): Entry | null {
  // Removed or written at this moment: the process comes or goes, which the next look tells.
  return Entry.safeParse(readJsonFile(path)).data ?? null;
}

/** Where the process says what it waits for, nobody is asked about the calls that it does not name; nor in some modes. */
export function settleAsking(
  activity: Activity,
  { permissionMode }: TranscriptState,
  registered: Registered | null,
): void {
  const isTold = registered?.liveness.state === "alive" && registered.entry.status !== undefined;
  if (!isTold && permissionMode !== "bypassPermissions") return;
  activity.openCalls = activity.openCalls.map((call) => ({ ...call, mayAsk: false }));
}

/**
 * What ran when its process died gets no answer from the one that goes on with the session; a process that says it is idle
 * has no command left in the background.
 */
export function endDead(activity: Activity, { entry, liveness }: Registered): void {
  if (liveness.state !== "alive") return;
  const begunAt = entry.startedAt ?? 0;
  activity.openCalls = activity.openCalls.filter(({ startedAt }) => startedAt >= begunAt);
  const idleAt = entry.status === "idle" ? entry.statusUpdatedAt : undefined;
  if (idleAt === undefined) return;
  for (const { id, kind, startedAt, endedAt } of activity.children)
    if (endedAt === null && startedAt < (kind === "shell" ? idleAt : begunAt))
      observe(activity, {
        type: "child_ended",
        at: Math.max(startedAt, begunAt),
        childId: id,
        outcome: null,
      });
}

/**
 * Takes a turn up again that was over when the process died with what it waited for: an entry that was left in the
 * registry (`isLeft`) means killed, and a one-shot run ends by itself only when nothing of it is open.
 */
export function reopenUnfinished(
  activity: Activity,
  memory: TranscriptState,
  { state }: Liveness,
  isLeft: boolean,
): void {
  const isOneShot = memory.entrypoint === "sdk-cli" && !isBeforeRegistry(memory);
  if (state !== "gone" || !(isOneShot || (isLeft && !memory.hasExited))) return;
  const askedAt = activity.lastUserMessageAt ?? 0;
  const isCutOff = activity.children.some(
    ({ kind, startedAt, endedAt }) =>
      (kind === "agent" || (isOneShot && isLeft)) && endedAt === null && startedAt >= askedAt,
  );
  const at = activity.ended?.at;
  if (isCutOff && at !== undefined && activity.ended?.outcome === "success")
    observe(activity, { type: "turn_started", at });
}

/** What is known of the process of a session that has no entry in the registry. */
export function findLiveness(
  places: readonly string[],
  memory: TranscriptState,
  activity: Activity,
  { processes, otherPids }: { readonly processes: Processes; readonly otherPids: ReadonlySet<number> },
): Liveness | null {
  if (memory.hasExited)
    return {
      state: "gone",
      pid: null,
      says: "the process wrote its closing record and ended",
      isProven: true,
    };
  if (endsWithItsTurn(memory) && activity.ended !== null)
    return { state: "gone", pid: null, says: "a one-shot run of this version ends with its turn" };
  // A session that a status file claims may have been started elsewhere.
  const all = [...places, ...(memory.cwd === null ? [] : [realPath(memory.cwd)])];
  const found = searchProcess(all, processes, otherPids, activity.lastActivityAt);
  // A living process of 2.1 stands in the registry: what is found without an entry there is another session's.
  return found?.state === "gone" || isBeforeRegistry(memory) ? found : null;
}

/** The living processes of other sessions. */
export function otherPids(
  registry: ReadonlyMap<string, Registered>,
  ownSession: string,
): ReadonlySet<number> {
  return new Set(
    [...registry].flatMap(([session, { entry, liveness }]) =>
      session !== ownSession && liveness.state === "alive" ? [entry.pid] : [],
    ),
  );
}
