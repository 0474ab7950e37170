import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../core/text/fields.ts";
import { parseTime } from "../../core/text/time.ts";
import { statsOf } from "../../io/open-file.ts";
import { readFirstLine, readHead } from "../../io/tail.ts";

/** The first line is about 20 kB (it holds the base instructions); one in a thousand is longer. */
const firstLineBytes = 64 * 1024;
const longFirstLineBytes = 1024 * 1024;
const deepestFolder = 4;

/** What a rollout says of itself in its first line. */
export const SessionMeta = z.object({
  id: z.string(),
  cwd: z.string().nullable(),
  /** Another session started it: a spawned agent, a review, a guard of commands. */
  isChild: z.boolean(),
  parentId: z.string().nullable(),
  isFork: z.boolean(),
  version: z.string().nullable(),
  branch: z.string().nullable(),
  nickname: z.string().nullable(),
  isInteractive: z.boolean(),
  startedAt: z.number().nullable(),
});
export type SessionMeta = z.infer<typeof SessionMeta>;

const Source = z.object({ subagent: z.unknown() });
const Spawned = z.object({ thread_spawn: z.object({ parent_thread_id: z.string() }) });
const Payload = z.object({
  id: z.string(),
  timestamp: z.unknown().optional(),
  cwd: z.string().nullish().catch(null),
  parent_thread_id: z.string().nullish().catch(null),
  forked_from_id: z.string().nullish().catch(null),
  cli_version: z.string().nullish().catch(null),
  originator: z.string().nullish().catch(null),
  source: z.unknown().optional(),
  agent_nickname: z.string().nullish().catch(null),
  git: z
    .object({ branch: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
});
const FirstLine = z.object({ type: z.literal("session_meta"), payload: Payload });

export type Rollouts = {
  readonly paths: string[];
  readonly unreadable: { readonly folder: string; readonly reason: string }[];
  /** There is a folder of sessions, whatever their age. */
  isUsed: boolean;
};

/** Every rollout below `home` that was written to since `since`, sorted. A long session lies in the folder of its first day. */
export function listRollouts(home: string, since: number): Rollouts {
  const found: Rollouts = { paths: [], unreadable: [], isUsed: false };
  for (const folder of ["sessions", "archived_sessions"]) collect(join(home, folder), since, 0, found);
  found.paths.sort();
  return found;
}

/**
 * Reads who wrote a rollout and where; `unfinished` when its first line is not whole yet, `too_long` when it is longer
 * than is read, `unknown` when it is of no known shape.
 * @throws {NotReadable}
 */
export function readSessionMeta(path: string): SessionMeta | "unfinished" | "too_long" | "unknown" {
  const line = readFirstLine(path, firstLineBytes) ?? readFirstLine(path, longFirstLineBytes);
  if (line === null) return (statsOf(path)?.size ?? 0) >= longFirstLineBytes ? "too_long" : "unfinished";
  const record = parseJson(line);
  const wrapped = FirstLine.safeParse(record);
  if (wrapped.success) return metaOf(wrapped.data.payload, wrapped.data.payload.cwd ?? null);
  // Mid-2025: the bare meta, and the folder in the context that Codex puts before the first message.
  const bare = Payload.safeParse(record);
  return bare.success ? metaOf(bare.data, bare.data.cwd ?? folderInContext(path)) : "unknown";
}

function metaOf(payload: z.infer<typeof Payload>, cwd: string | null): SessionMeta {
  const subagent = Source.safeParse(payload.source).data?.subagent ?? null;
  const spawnedBy = Spawned.safeParse(subagent).data?.thread_spawn.parent_thread_id;
  const launchedBy = payload.parent_thread_id ?? spawnedBy ?? null;
  return {
    id: payload.id,
    cwd,
    isChild: subagent !== null || launchedBy !== null,
    // A person forks a session, too: that one is nobody's child.
    parentId: launchedBy ?? (subagent === null ? null : (payload.forked_from_id ?? null)),
    isFork: payload.forked_from_id != null,
    version: payload.cli_version ?? null,
    branch: payload.git?.branch ?? null,
    nickname: payload.agent_nickname ?? null,
    isInteractive: payload.source !== "exec" && payload.originator !== "codex_exec",
    startedAt: parseTime(payload.timestamp),
  };
}

function folderInContext(path: string): string | null {
  const found = /<cwd>([^<\\]+)<\/cwd>|Current working directory: ([^\\"]+)/.exec(
    readHead(path, firstLineBytes),
  );
  return found?.[1] ?? found?.[2] ?? null;
}

function collect(folder: string, since: number, depth: number, found: Rollouts): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    found.isUsed = true;
    found.unreadable.push({ folder, reason: `cannot be listed (${code})` });
    return;
  }
  found.isUsed = true;
  for (const name of names) {
    const path = join(folder, name);
    const stats = statsOf(path);
    if (stats?.isDirectory() === true) {
      if (depth < deepestFolder) collect(path, since, depth + 1, found);
    } else if (stats !== null && stats.mtimeMs >= since && /^rollout-.*\.jsonl$/.test(name))
      found.paths.push(path);
  }
}

/** Codex' one home: `$CODEX_HOME`, else `~/.codex`. */
export function codexHomes(env: Readonly<Record<string, string | undefined>>): readonly [string] {
  return [env.CODEX_HOME || join(env.HOME || homedir(), ".codex")];
}
