import { lstatSync, type Stats } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { statusFilePattern } from "../core/claims/status-word.ts";
import type { StatusReading, TaskStatus } from "../core/claims/task-status.ts";
import { fieldOf, recordOf } from "../core/text/fields.ts";
import type { Problem } from "../core/text/problem.ts";
import { clockToleranceMs } from "../core/text/time.ts";
import { namesIn, searchPatterns, type Unreadable } from "./folders.ts";
import { statsOf } from "./open-file.ts";
import type { StatusFileRead } from "./status-file.ts";
import { listWorktrees, realPath, type Worktree, worktreeOf } from "./worktrees.ts";

/** How long a writer gets to finish a half-written file before it is read once more. */
const secondLookMs = 50;

export type StatusFiles = {
  /** The patterns that were searched. */
  readonly patterns: readonly string[];
  readonly readings: readonly StatusReading[];
  /** Whether the folders could be listed in which the search began. */
  readonly outcome: "read" | "denied" | "failed";
  /** What may have hidden status files or worktrees. */
  readonly problems: readonly Problem[];
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
  const unreadable: Unreadable = new Map();
  const known = listWorktrees(root, unreadable);
  const isDefault = patterns.length === 0;
  const { files, bases } = isDefault
    ? defaultFiles(root, known, unreadable)
    : await search(root, patterns, known, unreadable);
  const statuses = new KeptStatusFiles(kept, Date.now());
  const found = withoutSecondNames(
    root,
    files.flatMap((file) => find(root, file, statuses) ?? []),
  );
  const fresh = await readFresh(
    root,
    found.filter(({ status }) => status === null),
    now,
    statuses,
  );
  const readings = found.flatMap((file) => {
    const reading = file.status === null ? fresh.get(file) : { status: file.status, problems: [] };
    const { path, worktree } = file;
    if (reading === undefined) return [];
    const branch = worktreeOf(known, worktree)?.branch ?? null;
    return [{ path, worktree, branch, writtenAt: writtenAt(root, file, now), ...reading }];
  });
  const worktrees = new Map(
    [...readings.map(({ worktree: path, branch }) => ({ path, branch })), ...known].map((tree) => [
      tree.path,
      tree,
    ]),
  );
  return {
    patterns: isDefault ? [statusFilePattern] : patterns,
    readings,
    outcome: bases.flatMap((base) => unreadable.get(base)?.outcome ?? [])[0] ?? "read",
    problems: [...unreadable].map(([path, { message }]) => ({
      code: "unreadable",
      path: relative(root, path) || ".",
      line: null,
      column: null,
      message,
    })),
    worktrees: [...worktrees.values()]
      .filter((tree) => tree.path !== root)
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    kept: statuses.next,
  };
}

/** Where a status file may be: `path` relative to the root, `worktree` its folder with symlinks resolved. */
type StatusFile = { readonly path: string; readonly worktree: string };

/** Where status files may be; `bases`: the folders in which they were looked for. */
type Search = { readonly files: readonly StatusFile[]; readonly bases: readonly string[] };

// What the default pattern means, and the same of every linked worktree.
function defaultFiles(root: string, known: readonly Worktree[], unreadable: Unreadable): Search {
  const folder = join(root, ".worktrees");
  const below = namesIn(folder, unreadable).map((name) => join(".worktrees", name, "status.json"));
  const linked = known
    .filter(({ path }) => dirname(path) !== folder)
    .map(({ path }) => relative(root, join(path, "status.json")));
  return { files: onePerFile(root, [...below, ...linked], known), bases: [folder] };
}

async function search(
  root: string,
  patterns: readonly string[],
  known: readonly Worktree[],
  unreadable: Unreadable,
): Promise<Search> {
  const { paths, bases } = await searchPatterns(root, patterns, unreadable);
  const found = paths.map((path) => relative(root, resolve(root, path)));
  return { files: onePerFile(root, found, known), bases };
}

// Two names of one place (a linked worktree in `.worktrees/`, a symlinked folder) are one task.
function onePerFile(root: string, paths: readonly string[], known: readonly Worktree[]): StatusFile[] {
  const real = new Set(known.map(({ path }) => path));
  const files = new Map<string, StatusFile>();
  for (const path of paths.toSorted()) {
    const folder = dirname(join(root, path));
    const worktree = real.has(folder) ? folder : realPath(folder);
    const file = join(worktree, basename(path));
    if (!files.has(file)) files.set(file, { path, worktree });
  }
  return [...files.values()];
}

/** A file that is there. `status`: as it was kept, null when it is to be read; `stats`: null where one may not look. */
type FoundFile = StatusFile & { readonly stats: Stats | null; readonly status: TaskStatus | null };

/** null when there is none. */
function find(root: string, file: StatusFile, kept: KeptStatusFiles): FoundFile | null {
  try {
    const stats = lstatSync(join(root, file.path), { throwIfNoEntry: false });
    return stats === undefined ? null : { ...file, stats, status: kept.recall(file.path, stats) };
  } catch {
    // Opening it says why.
    return { ...file, stats: null, status: null };
  }
}

// A look at another time than the machine's own has no use for the disk's clock.
function writtenAt(root: string, { path, stats }: FoundFile, now: number): number | null {
  const target = stats?.isSymbolicLink() ? statsOf(join(root, path)) : stats;
  return target == null || target.mtimeMs > now + clockToleranceMs ? null : Math.min(target.mtimeMs, now);
}

// `latest.json` beside the file that it leads to.
function withoutSecondNames(root: string, files: readonly FoundFile[]): readonly FoundFile[] {
  const isLink = ({ stats }: FoundFile) => stats?.isSymbolicLink() ?? false;
  if (!files.some(isLink)) return files;
  const own = new Set(
    files.filter((file) => !isLink(file)).map(({ worktree, path }) => join(worktree, basename(path))),
  );
  const isSecondName = (file: FoundFile) => {
    const target = realPath(join(root, file.path));
    return dirname(target) === file.worktree && own.has(target);
  };
  return files.filter((file) => !isLink(file) || !isSecondName(file));
}

async function readFresh(
  root: string,
  files: readonly FoundFile[],
  now: number,
  kept: KeptStatusFiles,
): Promise<ReadonlyMap<FoundFile, StatusFileRead>> {
  const readings = new Map<FoundFile, StatusFileRead>();
  if (files.length === 0) return readings;
  // Loaded only now: mostly every file is as it was.
  const { isMaybeHalfWritten, readStatusFile } = await import("./status-file.ts");
  const read = (file: FoundFile) => {
    const at = { now, writtenAt: writtenAt(root, file, now) };
    const reading = readStatusFile(root, file.path, at, file.stats?.isSymbolicLink() ?? false);
    if (reading === null) return;
    readings.set(file, reading);
    if (file.stats !== null) kept.keep(file.path, reading, file.stats);
  };
  files.forEach(read);
  const halfWritten = [...readings].flatMap(([file, reading]) => (isMaybeHalfWritten(reading) ? [file] : []));
  if (halfWritten.length > 0) await Bun.sleep(secondLookMs);
  halfWritten.forEach(read);
  return readings;
}

/** A status file without trouble. This program wrote it, and the checkpoint's hash vouches for what is inside. */
type KeptStatus = { readonly state: State; readonly status: TaskStatus };
/** By path. */
export type KeptStatuses = Record<string, KeptStatus>;

/** A file changed so shortly before it was read may change again without a new time. */
const settleMs = 2_000;

/** What is kept of status files between looks, so that those of months are not parsed again. */
export class KeptStatusFiles {
  readonly next: KeptStatuses = {};

  /** `kept`: what the last look returned as `next`; `clock`: the time of the disk, epoch milliseconds. */
  constructor(
    private readonly kept: unknown,
    private readonly clock: number,
  ) {}

  /** What the file says, when it is the same as at the last look. */
  recall(path: string, stats: Stats): TaskStatus | null {
    const found = fieldOf(this.kept, path);
    if (!isKept(found) || !isSame(found.state, stateOf(stats))) return null;
    this.next[path] = found;
    return found.status;
  }

  /** Keeps what was read of a file; `stats` are from before it was read. */
  keep(path: string, { status, problems }: StatusFileRead, stats: Stats): void {
    if (status === null || problems.length > 0 || !stats.isFile()) return;
    if (stats.ctimeMs < this.clock - settleMs) this.next[path] = { state: stateOf(stats), status };
  }
}

/** Device, inode, size, and the times of the last change of content and of anything. */
type State = readonly [number, number, number, number, number];

function isKept(value: unknown): value is KeptStatus {
  return Array.isArray(fieldOf(value, "state")) && recordOf(fieldOf(value, "status")) !== null;
}

function stateOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): State {
  return [dev, ino, size, mtimeMs, ctimeMs];
}

function isSame(before: State, after: State): boolean {
  return after.every((value, index) => value === before[index]);
}
