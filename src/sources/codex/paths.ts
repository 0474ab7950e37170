import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fieldOf, parseJson, stringIn } from "../../core/text/fields.ts";
import { parseTime } from "../../core/text/time.ts";
import { isWrittenSince, statsOf } from "../../io/open-file.ts";
import { readFirstLine, readHead } from "../../io/tail.ts";

/** The first line is about 20 kB (it holds the base instructions); one in a thousand is longer. */
const firstLineBytes = 64 * 1024;
const longFirstLineBytes = 1024 * 1024;
const deepestFolder = 4;

/** What a rollout says of itself in its first line. */
export type SessionMeta = {
  readonly id: string;
  readonly cwd: string | null;
  /** Another session started it: a spawned agent, a review, a guard of commands. */
  readonly isChild: boolean;
  readonly parentId: string | null;
  readonly isFork: boolean;
  readonly version: string | null;
  readonly branch: string | null;
  readonly nickname: string | null;
  readonly isInteractive: boolean;
  readonly startedAt: number | null;
};

export type Rollouts = {
  readonly paths: string[];
  readonly unreadable: { readonly path: string; readonly reason: string }[];
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
  const isWrapped = stringIn(record, "type") === "session_meta";
  const payload = isWrapped ? fieldOf(record, "payload") : record;
  const [id, cwd] = [stringIn(payload, "id"), stringIn(payload, "cwd") ?? null];
  if (id === undefined) return "unknown";
  // Mid-2025: the bare meta, and the folder in the context that Codex puts before the first message.
  return metaOf(id, payload, isWrapped ? cwd : (cwd ?? folderInContext(path)));
}

function metaOf(id: string, payload: unknown, cwd: string | null): SessionMeta {
  const source = fieldOf(payload, "source");
  const subagent = fieldOf(source, "subagent") ?? null;
  const spawnedBy = stringIn(fieldOf(subagent, "thread_spawn"), "parent_thread_id");
  const launchedBy = stringIn(payload, "parent_thread_id") ?? spawnedBy ?? null;
  return {
    id,
    cwd,
    isChild: subagent !== null || launchedBy !== null,
    // A person forks a session, too: that one is nobody's child.
    parentId: launchedBy ?? (subagent === null ? null : (stringIn(payload, "forked_from_id") ?? null)),
    isFork: stringIn(payload, "forked_from_id") !== undefined,
    version: stringIn(payload, "cli_version") ?? null,
    branch: stringIn(fieldOf(payload, "git"), "branch") ?? null,
    nickname: stringIn(payload, "agent_nickname") ?? null,
    isInteractive: source !== "exec" && stringIn(payload, "originator") !== "codex_exec",
    startedAt: parseTime(fieldOf(payload, "timestamp")),
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
    found.unreadable.push({ path: folder, reason: `cannot be listed (${code})` });
    return;
  }
  found.isUsed = true;
  for (const name of names) {
    const path = join(folder, name);
    if (/^rollout-.*\.jsonl$/.test(name)) {
      if (isWrittenSince(path, since, found.unreadable)) found.paths.push(path);
    } else if (depth < deepestFolder && statsOf(path)?.isDirectory() === true)
      collect(path, since, depth + 1, found);
  }
}

/** Codex' one home: `$CODEX_HOME`, else `~/.codex`. */
export function codexHomes(env: Readonly<Record<string, string | undefined>>): readonly [string] {
  return [env.CODEX_HOME || join(env.HOME || homedir(), ".codex")];
}
