import { lstatSync, type Stats } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Problem } from "../core/problem.ts";
import { parseTaskStatus, type StatusReading } from "../core/task-status.ts";
import { findJsonError } from "./json-position.ts";
import { KeptStatusFiles } from "./kept-status-files.ts";
import { requireInside } from "./links.ts";
import { NotReadable } from "./open-file.ts";
import { readSmallFile } from "./small-file.ts";
import { listWorktrees, namesIn, realPath, type Worktree, worktreeOf } from "./worktrees.ts";

export const defaultPattern = ".worktrees/*/status.json";
/** A status file holds a few hundred bytes; one beyond this is something else. */
const maxStatusBytes = 1024 * 1024;
/** How long a writer gets to finish a half-written file before it is read once more. */
const secondLookMs = 50;

export type StatusFiles = {
  /** The patterns that were searched. */
  readonly patterns: readonly string[];
  readonly readings: readonly StatusReading[];
  /** Every worktree of the project: the linked ones, the folders of `.worktrees/`, and those of the status files. */
  readonly worktrees: readonly Worktree[];
  /** Plain JSON for the next look. */
  readonly kept: unknown;
};

/**
 * Finds and reads the status files of the project at `root` (absolute, symlinks resolved). `patterns` replace the
 * default search, `kept` is what the last look returned. Each file found gives one reading, in the order of their paths.
 */
export async function readStatusFiles(
  root: string,
  patterns: readonly string[],
  now: number,
  kept: unknown = null,
): Promise<StatusFiles> {
  const known = listWorktrees(root);
  const isDefault = patterns.length === 0;
  const files = isDefault ? defaultFiles(root, known) : await search(root, patterns, known);
  const statuses = new KeptStatusFiles(kept, Date.now());
  const read = (file: StatusFile) => readUnlessKept(root, file, known, now, statuses);
  const first = files.flatMap((file) => {
    const reading = read(file);
    return reading === null ? [] : [{ file, reading }];
  });
  if (first.some(({ reading }) => isMaybeHalfWritten(reading))) await Bun.sleep(secondLookMs);
  const readings = first.map(({ file, reading }) =>
    isMaybeHalfWritten(reading) ? (read(file) ?? reading) : reading,
  );
  const worktrees = new Map(
    [...readings.map(({ worktree: path, branch }) => ({ path, branch })), ...known].map((tree) => [
      tree.path,
      tree,
    ]),
  );
  return {
    patterns: isDefault ? [defaultPattern] : patterns,
    readings,
    worktrees: [...worktrees.values()]
      .filter((tree) => tree.path !== root)
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    kept: statuses.next,
  };
}

/** Where a status file may be: `path` relative to the root, `worktree` its folder with symlinks resolved. */
type StatusFile = { readonly path: string; readonly worktree: string };

// What the default pattern means, and the same of every linked worktree. Loading fast-glob takes longer than the look at
// a small project.
function defaultFiles(root: string, known: readonly Worktree[]): StatusFile[] {
  const below = namesIn(join(root, ".worktrees")).map((name) => join(".worktrees", name, "status.json"));
  const linked = known.map(({ path }) => relative(root, join(path, "status.json")));
  return onePerFolder(root, [...below, ...linked], known);
}

async function search(
  root: string,
  patterns: readonly string[],
  known: readonly Worktree[],
): Promise<StatusFile[]> {
  const { default: fastGlob } = await import("fast-glob");
  const found = await fastGlob([...patterns], {
    cwd: root,
    dot: true,
    onlyFiles: false,
    suppressErrors: true,
    followSymbolicLinks: true,
  });
  return onePerFolder(
    root,
    found.map((path) => relative(root, resolve(root, path))),
    known,
  );
}

// Two names of one place (a linked worktree in `.worktrees/`, a symlinked folder) are one task.
function onePerFolder(root: string, paths: readonly string[], known: readonly Worktree[]): StatusFile[] {
  const real = new Set(known.map(({ path }) => path));
  const files = new Map<string, StatusFile>();
  for (const path of paths.toSorted()) {
    const folder = dirname(join(root, path));
    const worktree = real.has(folder) ? folder : realPath(folder);
    if (!files.has(worktree)) files.set(worktree, { path, worktree });
  }
  return [...files.values()];
}

/** null when there is none. */
function readUnlessKept(
  root: string,
  file: StatusFile,
  known: readonly Worktree[],
  now: number,
  kept: KeptStatusFiles,
): StatusReading | null {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(join(root, file.path), { throwIfNoEntry: false });
  } catch {
    // One may not look: opening it says why.
    return readOnce(root, file, known, now, false);
  }
  if (stats === undefined) return null;
  const status = kept.recall(file.path, stats);
  if (status !== null)
    return { ...file, branch: worktreeOf(known, file.worktree)?.branch ?? null, status, problems: [] };
  const reading = readOnce(root, file, known, now, stats.isSymbolicLink());
  if (reading !== null) kept.keep(reading, stats);
  return reading;
}

function readOnce(
  root: string,
  { path, worktree }: StatusFile,
  known: readonly Worktree[],
  now: number,
  isLink: boolean,
): StatusReading | null {
  const branch = worktreeOf(known, worktree)?.branch ?? null;
  const problem = (
    code: Problem["code"],
    message: string,
    line: number | null = null,
    column: number | null = null,
  ) => ({
    path,
    worktree,
    branch,
    status: null,
    problems: [{ code, path, line, column, message }],
  });
  let bytes: Buffer;
  try {
    bytes = readClaim(root, path);
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    if (error.code === "vanished" && !isLink) return null;
    if (error.code === "vanished")
      return problem("dangling_link", "is a link to nothing; expected a file with a JSON object");
    if (error.code === "too_large")
      return problem("too_large", "is larger than 1 MiB; expected a small JSON object");
    return problem(error.code, `${error.message}; expected a file with a JSON object`);
  }
  if (bytes.length === 0) return problem("empty", "is empty; expected a JSON object");
  const text = decode(bytes);
  if (text === null) return problem("not_utf8", "is not UTF-8 text; expected a JSON object");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const where = findJsonError(text);
    return problem(
      "invalid_json",
      `expected ${where?.expected ?? "JSON"} (half written?)`,
      where?.line,
      where?.column,
    );
  }
  return { path, worktree, branch, ...parseTaskStatus(value, path, now) };
}

function isMaybeHalfWritten(reading: StatusReading): boolean {
  return reading.problems.some(
    ({ code }) => code === "invalid_json" || code === "empty" || code === "not_utf8",
  );
}

/** The file's bytes. @throws {NotReadable} */
function readClaim(root: string, path: string): Buffer {
  requireInside(join(root, path), [root]);
  return readSmallFile(join(root, path), maxStatusBytes);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
