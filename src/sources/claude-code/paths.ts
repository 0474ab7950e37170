import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseJson, stringIn } from "../../core/text/fields.ts";
import { NotReadable, statsOf } from "../../io/open-file.ts";
import { readHead } from "../../io/tail.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";
import type { FollowedFiles } from "../followed-files.ts";
import type { SourceContext } from "../source.ts";

/** A session's transcript that belongs to a worktree of the project. */
export type TranscriptFile = {
  readonly path: string;
  readonly folder: string;
  readonly sessionId: string;
  readonly home: string;
  readonly worktree: Worktree;
};

/** The key of a session's stream. */
export function keyOf(sessionId: string): string {
  return `claude_code:${sessionId}`;
}

/** How far the first `cwd` is looked for: a long prompt may stand before it. */
const headBytes = [64 * 1024, 4 * 1024 * 1024] as const;
const olderFilesTried = 5;
/** The id is a file's name here: nothing in it may lead elsewhere. */
const sessionName = /^[\w-]+$/;
const cwdField = /"cwd":"((?:[^"\\]|\\.)*)"/;

/**
 * The transcripts of the project's worktrees: all that were written since `since`, and the newest one of a folder
 * whatever its age. Folders named after other paths are not opened.
 */
export function findTranscripts(
  home: Home,
  files: FollowedFiles,
  { worktrees, claimedSessions, since }: Pick<SourceContext, "worktrees" | "claimedSessions" | "since">,
): TranscriptFile[] {
  const found = home.projects.flatMap((name) => {
    const candidates = worktrees.filter((worktree) => maySlugBelongTo(name, worktree.path));
    if (candidates.length === 0 && isSlug(name)) return [];
    const folder = join(home.path, "projects", name);
    return inFolder(filesIn(files.list(folder), folder), folder, name, home.path, worktrees, since);
  });
  const known = new Set(found.map(({ sessionId }) => sessionId));
  const claimed = [...claimedSessions].filter(([id]) => !known.has(id) && sessionName.test(id));
  return [...found, ...claimed.flatMap(([id, worktree]) => startedElsewhere(home, id, worktree))];
}

// A session that its status file names may have been started in another folder.
function startedElsewhere(
  { path: home, projects }: Home,
  sessionId: string,
  worktree: Worktree,
): TranscriptFile[] {
  return projects.flatMap((name) => {
    const folder = join(home, "projects", name);
    const path = join(folder, `${sessionId}.jsonl`);
    return statsOf(path)?.isFile() === true ? [{ path, folder, sessionId, home, worktree }] : [];
  });
}

/** The beginning of a file as text; empty when it cannot be read, which reading it in full reports. */
export function headOf(path: string, limitBytes: number = headBytes[0]): string {
  try {
    return readHead(path, limitBytes);
  } catch (error) {
    if (error instanceof NotReadable) return "";
    throw error;
  }
}

function inFolder(
  files: readonly FoundFile[],
  folder: string,
  name: string,
  home: string,
  worktrees: readonly Worktree[],
  since: number,
): TranscriptFile[] {
  const found: TranscriptFile[] = [];
  let olderTried = 0;
  for (const { path, file, mtimeMs } of files) {
    if (mtimeMs < since) {
      if (found.length > 0 || olderTried >= olderFilesTried) break;
      olderTried += 1;
    }
    const worktree = worktreeOfSession(path, name, worktrees);
    if (worktree !== null)
      found.push({ path, folder, sessionId: file.slice(0, -".jsonl".length), home, worktree });
  }
  return found;
}

// The first record with a `cwd` tells where the session was started. 2.0 writes a lone queue operation first, without one.
function worktreeOfSession(path: string, name: string, worktrees: readonly Worktree[]): Worktree | null {
  const field = cwdIn(headOf(path)) ?? cwdIn(headOf(path, headBytes[1]));
  const cwd = field === null ? null : parseJson(`"${field}"`);
  if (typeof cwd !== "string") {
    const named = worktrees.filter((worktree) => slugOf(worktree.path) === name);
    return named.length === 1 ? (named[0] ?? null) : null;
  }
  return worktreeOf(worktrees, cwd) ?? worktreeOf(worktrees, realPath(cwd));
}

function cwdIn(head: string): string | null {
  return head.match(cwdField)?.[1] ?? null;
}

type FoundFile = { readonly path: string; readonly file: string; readonly mtimeMs: number };

function filesIn(names: readonly string[], folder: string): FoundFile[] {
  return names
    .filter((file) => file.endsWith(".jsonl") && !file.startsWith("agent-"))
    .flatMap((file) => {
      const path = join(folder, file);
      const stats = statsOf(path);
      return stats?.isFile() === true ? [{ path, file, mtimeMs: stats.mtimeMs }] : [];
    })
    .sort((a, b) => b.mtimeMs - a.mtimeMs || (a.file < b.file ? -1 : 1));
}

/** A folder in which Claude Code keeps its files, and the names of its project folders. */
export type Home = { readonly path: string; readonly projects: readonly string[] };

export type Homes = {
  readonly found: readonly Home[];
  /** Homes that exist and cannot be read, and why. */
  readonly denied: readonly { readonly path: string; readonly reason: string }[];
};

/** The homes that the variables name: CLAUDE_CONFIG_DIR, a comma-separated list, else two places below HOME. */
export function findHomes(env: Readonly<Record<string, string | undefined>>): Homes {
  const found: Home[] = [];
  const denied: { path: string; reason: string }[] = [];
  for (const path of homePaths(env)) {
    try {
      readdirSync(path);
      found.push({ path, projects: readdirSync(join(path, "projects")).sort() });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") denied.push({ path, reason: `${path}: cannot be read (${code})` });
    }
  }
  return { found, denied };
}

/** Where its homes would be. */
export function homePaths(env: Readonly<Record<string, string | undefined>>): string[] {
  const configured = (env.CLAUDE_CONFIG_DIR ?? "")
    .split(",")
    .map((path) => path.trim())
    .filter((path) => path !== "");
  if (configured.length > 0) return [...new Set(configured)];
  const { HOME } = env;
  return HOME === undefined || HOME === "" ? [] : [join(HOME, ".claude"), join(HOME, ".config", "claude")];
}

const longestSlug = 200;

/** The name of the folder that holds the transcripts of sessions started in `path` (2.1.330). */
export function slugOf(path: string): string {
  const slug = plainSlug(path);
  if (slug.length <= longestSlug) return slug;
  let hash = 0;
  for (let index = 0; index < path.length; index += 1)
    hash = ((hash << 5) - hash + path.charCodeAt(index)) | 0;
  return `${slug.slice(0, longestSlug)}-${Math.abs(hash).toString(36)}`;
}

/** Whether a project folder of this name can belong to `path` or to a folder inside it. Slugs collide: confirm by `cwd`. */
export function maySlugBelongTo(name: string, path: string): boolean {
  const slug = plainSlug(path).slice(0, longestSlug);
  if (!name.startsWith(slug)) return false;
  return name.length === slug.length || slug.length === longestSlug || name[slug.length] === "-";
}

/** Whether a folder's name can be a slug of an absolute path; other names were chosen by CLAUDE_CODE_PROJECT_DIR_NAME. */
export function isSlug(name: string): boolean {
  return name.startsWith("-");
}

function plainSlug(path: string): string {
  return path.replace(/[^a-zA-Z0-9]/g, "-");
}

/** Whether a launcher's log begins as `claude --output-format stream-json` does: with a system record of a session. */
export function isClaudeLog(first: unknown): boolean {
  return (
    stringIn(first, "type") === "system" &&
    stringIn(first, "subtype") !== undefined &&
    stringIn(first, "session_id") !== undefined
  );
}
