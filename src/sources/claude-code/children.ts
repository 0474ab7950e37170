import { join } from "node:path";
import { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness, Stream } from "../../core/evidence/stream.ts";
import { readSmallText, statsOf } from "../../io/open-file.ts";
import type { FileRead, FollowedFiles } from "../followed-files.ts";
import type { TranscriptState } from "./memory.ts";
import { headOf, keyOf, type TranscriptFile } from "./paths.ts";

/** A sub-agent's file and what was read of it. */
export type SubAgentRead = { readonly file: SubAgentFile; readonly read: FileRead<TranscriptState> };

/** The transcript of a sub-agent of a session. */
export type SubAgentFile = {
  readonly path: string;
  readonly agentId: string;
  readonly title: string | null;
  readonly name: string | null;
  /** Its meta file says that it is done (2.1.330). */
  readonly isFinished: boolean;
};

const Meta = z.object({
  agentType: z.string().optional(),
  description: z.string().optional(),
  finished: z.boolean().optional(),
});
const agentFile = /^agent-([\w-]+)\.jsonl$/;

/**
 * The sub-agents of a session: in its own folder (2.1), or beside it (2.0), where each start also leaves two
 * "Warmup" files that are no work.
 */
export function findSubAgents(session: TranscriptFile, files: FollowedFiles, since: number): SubAgentFile[] {
  const own = join(session.folder, session.sessionId, "subagents");
  return [
    ...filesIn(files.list(own), own, since).map((file) => ({ ...file, ...metaOf(file.path) })),
    ...filesIn(files.list(session.folder), session.folder, since)
      .filter(({ path }) => belongsTo(headOf(path), session.sessionId))
      .map((file) => ({ ...file, title: null, name: null, isFinished: false })),
  ];
}

function filesIn(
  names: readonly string[],
  folder: string,
  since: number,
): { path: string; agentId: string }[] {
  return names.flatMap((name) => {
    const agentId = name.match(agentFile)?.[1];
    const path = join(folder, name);
    const stats = agentId === undefined ? null : statsOf(path);
    return agentId !== undefined && stats?.isFile() === true && stats.mtimeMs >= since
      ? [{ path, agentId }]
      : [];
  });
}

function belongsTo(head: string, sessionId: string): boolean {
  const first = head.slice(0, head.indexOf("\n"));
  return first.includes(`"sessionId":"${sessionId}"`) && !/"content":"Warmup"/.test(first);
}

function metaOf(path: string): { title: string | null; name: string | null; isFinished: boolean } {
  const meta = Meta.safeParse(readMeta(path.replace(/\.jsonl$/, ".meta.json")));
  if (!meta.success) return { title: null, name: null, isFinished: false };
  const { description, agentType, finished } = meta.data;
  return { title: description ?? null, name: agentType ?? null, isFinished: finished === true };
}

function readMeta(path: string): unknown {
  try {
    return JSON.parse(readSmallText(path));
  } catch {
    // It comes after the transcript, and not in every version.
    return null;
  }
}

/** The stream of a sub-agent. It lives in its parent's process. */
export function subAgentStream(file: TranscriptFile, child: SubAgentRead, liveness: Liveness | null): Stream {
  const { agentId, path, title, name } = child.file;
  return {
    source: "claude_code",
    kind: "transcript",
    file: path,
    key: `${keyOf(file.sessionId)}/${agentId}`,
    identity: { taskId: null, requestId: null, sessionId: agentId, worktree: file.worktree.path },
    parentKey: keyOf(file.sessionId),
    role: "evidence",
    title,
    branch: child.read.memory.branch ?? file.worktree.branch,
    agent: { kind: "claude_code", name },
    activity: child.read.activity,
    isInteractive: false,
    liveness,
    waiting: null,
    busyWith: null,
    claims: [],
    notes: [],
  };
}

/** Ends a child by its own file, before its parent is told. */
export function endChild(activity: Activity, { file, read }: SubAgentRead): void {
  const open = activity.children.some((child) => child.id === file.agentId && child.endedAt === null);
  const { ended, lastActivityAt } = read.activity;
  const at = ended?.at ?? (file.isFinished ? lastActivityAt : null);
  if (open && at !== null)
    observe(activity, { type: "child_ended", at, childId: file.agentId, outcome: ended?.outcome ?? null });
}
