import { join } from "node:path";
import { z } from "zod";
import type { Activity, Child } from "../../core/evidence/activity.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness, Stream } from "../../core/evidence/stream.ts";
import { fieldOf, stringIn } from "../../core/text/fields.ts";
import { readJsonFile } from "../../io/open-file.ts";
import type { FileRead, FollowedFiles } from "../followed-files.ts";
import { endIfOver, type TranscriptState } from "./memory.ts";
import { firstRecordOf, keyOf, type TranscriptFile } from "./paths.ts";

/** The transcript of a sub-agent of a session. */
export type SubAgentFile = {
  readonly path: string;
  readonly agentId: string;
  readonly title: string | null;
  readonly name: string | null;
  /** Its meta file says that it is done (2.1.330). */
  readonly isFinished: boolean;
  /** The worktree that was made for it (2.1.330). */
  readonly worktreePath: string | null;
  /** The run of the workflow that it is a part of. */
  readonly runId: string | null;
};

/** A sub-agent's file and what was read of it; the activity is its own copy. */
export type SubAgent = {
  readonly file: SubAgentFile;
  readonly activity: Activity;
  readonly memory: TranscriptState;
};

const word = z.string().optional().catch(undefined);
const Meta = z.object({
  agentType: word,
  description: word,
  finished: z.boolean().optional().catch(undefined),
  worktreePath: word,
});
const agentFile = /^agent-([\w-]+)\.jsonl$/;

/**
 * The sub-agents of a session: in its own folder (2.1), those of workflows a folder deeper, or beside it (2.0), where each
 * start also leaves two "Warmup" files that are no work.
 */
export function findSubAgents(session: TranscriptFile, files: FollowedFiles, since: number): SubAgentFile[] {
  const own = join(session.folder, session.sessionId, "subagents");
  const runs = join(own, "workflows");
  return [
    ...filesIn(files, own, since).map((file) => ({ ...file, ...metaOf(file.path), runId: null })),
    ...files.list(runs).flatMap((runId) => {
      const folder = join(runs, runId);
      return filesIn(files, folder, since).map((file) => ({
        ...file,
        ...metaOf(file.path),
        runId,
      }));
    }),
    ...filesIn(files, session.folder, since)
      .filter(({ path }) => belongsTo(firstRecordOf(path), session.sessionId))
      .map((file) => ({ ...file, ...nothingSaid, runId: null })),
  ];
}

function filesIn(files: FollowedFiles, folder: string, since: number): { path: string; agentId: string }[] {
  return files.list(folder).flatMap((name) => {
    const agentId = name.match(agentFile)?.[1];
    if (agentId === undefined) return [];
    const path = join(folder, name);
    const stats = files.statsOf(path);
    return stats !== null && stats.mtimeMs >= since ? [{ path, agentId }] : [];
  });
}

function belongsTo(first: unknown, sessionId: string): boolean {
  return (
    stringIn(first, "sessionId") === sessionId && stringIn(fieldOf(first, "message"), "content") !== "Warmup"
  );
}

const nothingSaid = { title: null, name: null, isFinished: false, worktreePath: null };

function metaOf(path: string): Omit<SubAgentFile, "path" | "agentId" | "runId"> {
  // It comes after the transcript, and not in every version.
  const meta = Meta.safeParse(readJsonFile(path.replace(/\.jsonl$/, ".meta.json")));
  if (!meta.success) return nothingSaid;
  const { description, agentType, finished, worktreePath } = meta.data;
  return {
    title: description ?? null,
    name: agentType ?? null,
    isFinished: finished === true,
    worktreePath: worktreePath ?? null,
  };
}

/** What a sub-agent writes after its parent was told of its end is work, not a late line; milliseconds. */
const lateMs = 5_000;

/**
 * Brings a session and one of its sub-agents to one word about its end: its own file may lack it (2.1.101), the session may
 * not be told yet, or it may have gone on after it was told of.
 */
export function settleChild(
  parent: Activity,
  { memory: { runs } }: Pick<SubAgent, "memory">,
  file: SubAgentFile,
  read: FileRead<TranscriptState>,
  { now, liveness }: { readonly now: number; readonly liveness: Liveness | null },
): SubAgent {
  const activity = structuredClone(read.activity);
  endIfOver(activity, read.memory, now, liveness);
  const lastAt = activity.lastActivityAt ?? 0;
  const told = parent.children.find(({ id }) => id === file.agentId);
  const task = file.runId === null ? told : parent.children.find(({ id }) => id === runs[file.runId ?? ""]);
  if (activity.ended === null) {
    const at = task?.endedAt ?? (file.isFinished ? lastAt : null);
    if (at !== null && lastAt <= at + lateMs)
      observe(activity, {
        type: "turn_ended",
        at: lastAt,
        outcome: task?.outcome ?? "success",
        message: null,
      });
    else if (told !== undefined) Object.assign(told, { endedAt: null, outcome: null });
  } else if (told !== undefined && told.endedAt === null) {
    const { at, outcome } = activity.ended;
    observe(parent, { type: "child_ended", at, childId: file.agentId, outcome });
  }
  return { file, activity, memory: read.memory };
}

/** The stream of a sub-agent. It lives in its parent's process. */
export function subAgentStream(
  session: TranscriptFile,
  { file, activity, memory }: SubAgent,
  liveness: Liveness | null,
): Stream {
  return {
    source: "claude_code",
    kind: "transcript",
    file: file.path,
    key: `${keyOf(session.sessionId)}/${file.agentId}`,
    identity: {
      taskId: null,
      requestId: null,
      sessionId: file.agentId,
      worktree: session.worktree?.path ?? null,
    },
    parentKey: keyOf(session.sessionId),
    resume: null,
    role: "evidence",
    title: file.title,
    branch: memory.branch ?? session.worktree?.branch ?? null,
    agent: { kind: "claude_code", name: file.name },
    activity,
    isInteractive: false,
    liveness,
    waiting: null,
    busyWith: null,
    claims: [],
    notes: [],
  };
}

const childrenNamed = 3;

/**
 * What a session's row should say of its sub-agents since its last instruction: which of them failed, and what they left
 * running when the process went.
 */
export function childNotes(parent: Activity, subAgents: readonly SubAgent[], isGone: boolean): string[] {
  const askedAt = parent.lastUserMessageAt ?? 0;
  const notes = subAgents
    .filter(({ activity }) => (activity.startedAt ?? 0) >= askedAt)
    .flatMap(({ file, activity }) => {
      const name = `sub-agent "${file.title ?? file.agentId}"`;
      const failed = activity.ended?.outcome === "failure" ? [`${name} failed${because(activity)}`] : [];
      return [...failed, ...(isGone ? cutOffNotes(activity.children, `${name} had`) : [])];
    });
  return [...new Set([...notes, ...(isGone ? cutOffNotes(parent.children, "it had") : [])])].slice(
    0,
    childrenNamed,
  );
}

function because({ ended }: Activity): string {
  return ended?.message == null ? "" : `: ${ended.message}`;
}

function cutOffNotes(children: readonly Child[], who: string): string[] {
  return children
    .filter(({ kind, endedAt }) => kind === "shell" && endedAt === null)
    .map(({ id, title }) => `${who} a background command that was cut off: ${title ?? id}`);
}
