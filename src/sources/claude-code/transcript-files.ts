import { readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../core/parse-json.ts";
import { NotReadable } from "../../io/open-file.ts";
import { statsOf } from "../../io/stats.ts";
import { readHead } from "../../io/tail.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";
import type { SourceContext } from "../source.ts";
import type { Home } from "./homes.ts";
import { isSlug, maySlugBelongTo, slugOf } from "./slug.ts";

/** A session's transcript that belongs to a worktree of the project. */
export type TranscriptFile = {
  readonly path: string;
  readonly folder: string;
  readonly sessionId: string;
  readonly home: string;
  readonly worktree: Worktree;
};

const headBytes = 64 * 1024;
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
  { worktrees, claimedSessions, since }: Pick<SourceContext, "worktrees" | "claimedSessions" | "since">,
): TranscriptFile[] {
  const found = home.projects.flatMap((name) => {
    const candidates = worktrees.filter((worktree) => maySlugBelongTo(name, worktree.path));
    if (candidates.length === 0 && isSlug(name)) return [];
    return inFolder(join(home.path, "projects", name), name, home.path, worktrees, since);
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
export function headOf(path: string): string {
  try {
    return readHead(path, headBytes);
  } catch (error) {
    if (error instanceof NotReadable) return "";
    throw error;
  }
}

function inFolder(
  folder: string,
  name: string,
  home: string,
  worktrees: readonly Worktree[],
  since: number,
): TranscriptFile[] {
  const found: TranscriptFile[] = [];
  let olderTried = 0;
  for (const { path, file, mtimeMs } of filesIn(folder)) {
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
  const field = headOf(path).match(cwdField)?.[1];
  const cwd = field === undefined ? null : parseJson(`"${field}"`);
  if (typeof cwd !== "string") {
    const named = worktrees.filter((worktree) => slugOf(worktree.path) === name);
    return named.length === 1 ? (named[0] ?? null) : null;
  }
  return worktreeOf(worktrees, cwd) ?? worktreeOf(worktrees, realPath(cwd));
}

function filesIn(folder: string): { path: string; file: string; mtimeMs: number }[] {
  return listFolder(folder)
    .filter((file) => file.endsWith(".jsonl") && !file.startsWith("agent-"))
    .flatMap((file) => {
      const path = join(folder, file);
      const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false });
      return stats?.isFile() === true ? [{ path, file, mtimeMs: stats.mtimeMs }] : [];
    })
    .sort((a, b) => b.mtimeMs - a.mtimeMs || (a.file < b.file ? -1 : 1));
}

/** The names in a folder, sorted; none when it is not there. */
export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // Not there, or not to be read: it holds nothing that can be told.
    return [];
  }
}
