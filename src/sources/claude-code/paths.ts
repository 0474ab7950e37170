import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { parseJson, parseRecord, recordOf, stringIn } from "../../core/text/fields.ts";
import { NotReadable, statsOf } from "../../io/open-file.ts";
import { readHead } from "../../io/tail.ts";
import { realPath, type Worktree, worktreeAt } from "../../io/worktrees.ts";
import type { FollowedFiles } from "../followed-files.ts";
import type { SourceContext } from "../source.ts";

/** Where a session works: a worktree of the project, or null for its main checkout. */
export type Place = { readonly worktree: Worktree | null };

/** A session's transcript that belongs to the project. */
export type TranscriptFile = Place & {
  readonly path: string;
  readonly folder: string;
  readonly sessionId: string;
  readonly home: string;
  /** The folder it lies in is named after its worktree: it lies where the session is. */
  readonly isExact: boolean;
  /** Started by a program (`-p`) or sent to the background, not a person's own. */
  readonly isBackground: boolean;
};

/** What is known of sessions without their transcripts: in which folders each is said to work, and whether in the background. */
export type Elsewhere = ReadonlyMap<
  string,
  { readonly folders: readonly string[]; readonly isBackground: boolean }
>;

/** The key of a session's stream. */
export function keyOf(sessionId: string): string {
  return `claude_code:${sessionId}`;
}

/** How far the first `cwd`, or the end of the first record, is looked for: a long prompt may stand before it. */
const headBytes = [8 * 1024, 4 * 1024 * 1024] as const;
const olderFilesTried = 5;
/** The id is a file's name here: nothing in it may lead elsewhere. */
const sessionName = /^[\w-]+$/;

/**
 * The transcripts of the project's worktrees: all that were written since `since`, and the newest one of a folder
 * whatever its age; those of its main checkout that are not older. Folders named after other paths are not opened.
 */
export function findTranscripts(
  home: Home,
  files: FollowedFiles,
  context: Pick<SourceContext, "root" | "worktrees" | "claimedSessions" | "since">,
  elsewhere: Elsewhere,
): TranscriptFile[] {
  const { root, worktrees, claimedSessions, since } = context;
  const places = [root, ...worktrees.map(({ path }) => path)];
  const slugs = [...new Set(places.flatMap(spellings))];
  const found = home.projects.flatMap((name) => {
    if (isSlug(name) && !slugs.some((slug) => mayBelongTo(name, slug))) return [];
    const folder = join(home.path, "projects", name);
    const exact = places.filter((path) => slugOf(path) === name);
    return inFolder(filesIn(files, folder), since, (file) => {
      const sessionId = file.file.slice(0, -".jsonl".length);
      const known = elsewhere.get(sessionId);
      const head = headOfSession(file.path);
      const place = placeOf(context, exact, [...(known?.folders ?? []), head.cwd]);
      return place === null || (place.worktree === null && file.mtimeMs < since)
        ? null
        : {
            ...place,
            path: file.path,
            folder,
            sessionId,
            home: home.path,
            isExact: exact.length === 1 && place.worktree !== null,
            isBackground: known?.isBackground === true || head.isBackground,
          };
    });
  });
  const known = new Set(found.map(({ sessionId }) => sessionId));
  const moved = [...elsewhere].flatMap(([id, { folders }]): [string, Worktree][] => {
    const worktree = placeOf(context, [], folders)?.worktree;
    return worktree == null ? [] : [[id, worktree]];
  });
  const others = [...new Map([...moved, ...claimedSessions])].filter(
    ([id]) => !known.has(id) && sessionName.test(id),
  );
  return [
    ...found.map((file) => {
      const worktree = claimedSessions.get(file.sessionId);
      return worktree === undefined ? file : { ...file, worktree, isExact: true };
    }),
    ...others.flatMap(([id, worktree]) => startedElsewhere(home, id, worktree)),
  ];
}

/**
 * The place that is meant. The folder named after exactly one place tells; then, in their order, the folders that are
 * known of the session. One that began in the main checkout may have gone into a worktree.
 */
function placeOf(
  context: Pick<SourceContext, "root" | "worktrees">,
  exact: readonly string[],
  folders: readonly (string | null)[],
): Place | null {
  const [only] = exact;
  const named = exact.length === 1 && only !== undefined ? placeIn(context, only) : null;
  if (named !== null && named.worktree !== null) return named;
  const places = folders.flatMap((folder) => (folder === null ? [] : (placeIn(context, folder) ?? [])));
  return places.find(({ worktree }) => worktree !== null) ?? named ?? places[0] ?? null;
}

/** The place of the project that a folder is, or lies in; null for a folder of another project. */
export function placeIn(
  { root, worktrees }: Pick<SourceContext, "root" | "worktrees">,
  folder: string,
): Place | null {
  const worktree = worktreeAt(worktrees, folder);
  if (worktree !== null) return { worktree };
  // A folder that is gone may have been a worktree.
  const real = realPath(folder);
  return real === root || (real.startsWith(root + sep) && statsOf(real) !== null) ? { worktree: null } : null;
}

// A session that its status file names may have been started in another folder; one that moved may lie in its first one's.
function startedElsewhere(
  { path: home, projects }: Home,
  sessionId: string,
  worktree: Worktree,
): TranscriptFile[] {
  return projects.flatMap((name) => {
    const folder = join(home, "projects", name);
    const path = join(folder, `${sessionId}.jsonl`);
    return statsOf(path)?.isFile() === true
      ? [{ path, folder, sessionId, home, worktree, isExact: true, isBackground: true }]
      : [];
  });
}

/** The beginning of a file as text; empty when it cannot be read, which reading it in full reports. */
function headOf(path: string, limitBytes: number): string {
  try {
    return readHead(path, limitBytes);
  } catch (error) {
    if (error instanceof NotReadable) return "";
    throw error;
  }
}

/** The first record of a file; undefined when it is none. */
export function firstRecordOf(path: string): unknown {
  for (const limitBytes of headBytes) {
    const head = headOf(path, limitBytes);
    const end = head.indexOf("\n");
    if (end !== -1) return parseJson(head.slice(0, end));
  }
  return undefined;
}

function inFolder(
  files: readonly FoundFile[],
  since: number,
  toTranscript: (file: FoundFile) => TranscriptFile | null,
): TranscriptFile[] {
  const found: TranscriptFile[] = [];
  let olderTried = 0;
  for (const file of files) {
    if (file.mtimeMs < since) {
      if (found.length > 0 || olderTried >= olderFilesTried) break;
      olderTried += 1;
    }
    const transcript = toTranscript(file);
    if (transcript !== null) found.push(transcript);
  }
  return found;
}

type Head = Readonly<Record<"type" | "cwd" | "entrypoint" | "sessionKind", string | undefined>>;

// The first record with a `cwd` tells where the session was started. 2.0 writes a lone queue operation first, without one,
// and only in one-shot runs.
function headOfSession(path: string): { readonly cwd: string | null; readonly isBackground: boolean } {
  const head = recordsIn(headOf(path, headBytes[0]));
  const records = head.some(({ cwd }) => cwd !== undefined) ? head : recordsIn(headOf(path, headBytes[1]));
  const first = records.find(({ cwd }) => cwd !== undefined);
  const isOneShot =
    first?.entrypoint === undefined ? records[0]?.type === "queue-operation" : first.entrypoint === "sdk-cli";
  return { cwd: first?.cwd ?? null, isBackground: isOneShot || first?.sessionKind === "bg" };
}

// Up to the first one with a `cwd`.
function recordsIn(head: string): Head[] {
  const records: Head[] = [];
  for (const line of head.split("\n")) {
    const record = recordOf(parseRecord(line));
    if (record === null) continue;
    const word = (name: string) => stringIn(record, name);
    const [type, cwd] = [word("type"), word("cwd")];
    records.push({ type, cwd, entrypoint: word("entrypoint"), sessionKind: word("sessionKind") });
    if (cwd !== undefined) break;
  }
  return records;
}

type FoundFile = { readonly path: string; readonly file: string; readonly mtimeMs: number };

function filesIn(files: FollowedFiles, folder: string): FoundFile[] {
  return files
    .list(folder)
    .filter((file) => file.endsWith(".jsonl") && !file.startsWith("agent-"))
    .flatMap((file) => {
      const path = join(folder, file);
      const stats = files.statsOf(path);
      return stats === null ? [] : [{ path, file, mtimeMs: stats.mtimeMs }];
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

const used = ["projects", "jobs", "sessions"];

/** The homes that the variables name: CLAUDE_CONFIG_DIR, a comma-separated list, else two places below HOME. */
export function findHomes(env: Readonly<Record<string, string | undefined>>): Homes {
  const found: Home[] = [];
  const denied: { path: string; reason: string }[] = [];
  for (const path of homePaths(env)) {
    try {
      const names = new Set(readdirSync(path));
      const projects = names.has("projects") ? readdirSync(join(path, "projects")).sort() : [];
      if (used.some((name) => names.has(name))) found.push({ path, projects });
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

/**
 * Whether a project folder of this name can belong to the path of a slug or to a folder inside it. Slugs collide, and a file system may
 * take two spellings of a path for one: confirm by `cwd`.
 */
function mayBelongTo(name: string, slug: string): boolean {
  const written = name.toLowerCase();
  if (!written.startsWith(slug)) return false;
  return written.length === slug.length || slug.length === longestSlug || written[slug.length] === "-";
}

function spellings(path: string): string[] {
  return [path, path.normalize("NFC"), path.normalize("NFD")].map((spelling) =>
    plainSlug(spelling).slice(0, longestSlug).toLowerCase(),
  );
}

/** Whether a folder's name can be a slug of an absolute path; other names were chosen by CLAUDE_CODE_PROJECT_DIR_NAME. */
function isSlug(name: string): boolean {
  return name.startsWith("-");
}

function plainSlug(path: string): string {
  return path.replace(/[^a-zA-Z0-9]/g, "-");
}

/** Whether a launcher's log that begins with this record is `claude --output-format stream-json` redirected. */
export function isClaudeLog(first: unknown): boolean {
  return (
    stringIn(first, "type") === "system" &&
    stringIn(first, "subtype") !== undefined &&
    stringIn(first, "session_id") !== undefined
  );
}
