import { type Dirent, lstatSync, type Stats } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { EndedClaim } from "../core/claims/names.ts";
import { statusFilePattern } from "../core/claims/status-word.ts";
import type { StatusReading } from "../core/claims/task-status.ts";
import type { Problem } from "../core/text/problem.ts";
import { clockToleranceMs } from "../core/text/time.ts";
import { entriesIn, searchPatterns, type Unreadable } from "./folders.ts";
import { KeptStatusFiles } from "./kept-status-files.ts";
import { statsOf } from "./open-file.ts";
import type { StatusFileRead } from "./status-file.ts";
import { listWorktrees, realPath, type Worktree, worktreeOf } from "./worktrees.ts";

/** How long a writer gets to finish a half-written file before it is read once more. */
const secondLookMs = 50;

export type StatusFiles = {
  /** The patterns that were searched. */
  readonly patterns: readonly string[];
  readonly readings: readonly StatusReading[];
  /** Files that were put away at an earlier look, and give no reading unless `bring` is asked for it. */
  readonly ended: readonly EndedClaim[];
  /** Whether the folders could be listed in which the search began. */
  readonly outcome: "read" | "denied" | "failed";
  /** What may have hidden status files or worktrees. */
  readonly problems: readonly Problem[];
  /** Every worktree of the project: the linked ones, the folders of `.worktrees/`, and those of the status files. */
  readonly worktrees: readonly Worktree[];
  bring(ended: readonly EndedClaim[]): Promise<readonly StatusReading[]>;
  /** Plain JSON for the next look. `settled`: the readings that may be put away. */
  kept(settled: readonly StatusReading[]): unknown;
};

/**
 * Finds and reads the status files of the project at `root` (absolute, symlinks resolved). `patterns` replace the
 * default search, `kept` is what the last look returned, `since` what ended before is of no use any more. Each file found
 * gives one reading, in the order of their paths.
 */
export async function readStatusFiles(
  root: string,
  patterns: readonly string[],
  now: number,
  kept: unknown = null,
  since = Number.NEGATIVE_INFINITY,
): Promise<StatusFiles> {
  const unreadable: Unreadable = new Map();
  const isDefault = patterns.length === 0;
  const folder = join(root, ".worktrees");
  const inside = inOrder(entriesIn(folder, unreadable));
  const known = listWorktrees(root, unreadable, inside);
  const byPath = new Map(known.map((tree) => [tree.path, tree]));
  const { files, bases } = isDefault
    ? { files: onePerFile(root, defaultPaths(root, inside, known), byPath), bases: [folder] }
    : await search(root, patterns, byPath, unreadable);
  const statuses = new KeptStatusFiles(kept, Date.now());
  const ended: EndedClaim[] = [];
  const found = withoutSecondNames(
    root,
    files.flatMap((file) => {
      const there = find(root, file);
      const names = there?.stats == null ? null : statuses.recallEnded(file.path, there.stats, since);
      if (names === null) return there ?? [];
      ended.push({ ...file, branch: byPath.get(file.worktree)?.branch ?? null, names });
      return [];
    }),
  );
  const readingsOf = async (files: readonly FoundFile[]): Promise<readonly StatusReading[]> => {
    const all = files.map((file) => ({
      ...file,
      status: file.stats === null ? null : statuses.recall(file.path, file.stats),
    }));
    const unread = all.filter(({ status }) => status === null);
    const fresh = await readFresh(root, unread, now, statuses);
    return all.flatMap((file) => {
      const reading = file.status === null ? fresh.get(file) : { status: file.status, problems: [] };
      const { path, worktree } = file;
      if (reading === undefined) return [];
      const branch = worktreeOf(known, worktree)?.branch ?? null;
      return [{ path, worktree, branch, writtenAt: writtenAt(root, file, now), ...reading }];
    });
  };
  const readings = await readingsOf(found);
  const elsewhere = [...readings, ...ended].filter(({ worktree }) => !byPath.has(worktree));
  const worktrees =
    elsewhere.length === 0
      ? known
      : [
          ...new Map([
            ...elsewhere.map(({ worktree, branch }) => [worktree, { path: worktree, branch }] as const),
            ...byPath,
          ]).values(),
        ].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    patterns: isDefault ? [statusFilePattern] : patterns,
    readings,
    ended,
    outcome: bases.flatMap((base) => unreadable.get(base)?.outcome ?? [])[0] ?? "read",
    problems: [...unreadable].map(([path, { message }]) => ({
      code: "unreadable",
      path: relative(root, path) || ".",
      line: null,
      column: null,
      message,
    })),
    worktrees: worktrees.filter((tree) => tree.path !== root),
    bring: (wanted) => readingsOf(wanted.flatMap((file) => find(root, file) ?? [])),
    kept: (settled) => statuses.next(settled),
  };
}

// By name, the native way: there may be thousands.
function inOrder(entries: readonly Dirent[]): readonly Dirent[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return [...byName.keys()].sort().flatMap((name) => byName.get(name) ?? []);
}

/** Where a status file may be: `path` relative to the root, `worktree` its folder with symlinks resolved. */
type StatusFile = { readonly path: string; readonly worktree: string };

// What the default pattern means, and the same of every linked worktree.
function defaultPaths(
  root: string,
  inside: readonly { readonly name: string }[],
  known: readonly Worktree[],
): readonly string[] {
  const folder = join(root, ".worktrees/");
  const linked = known.filter(
    ({ path }) => path.indexOf("/", folder.length) !== -1 || !path.startsWith(folder),
  );
  return [
    ...inside.map(({ name }) => `.worktrees/${name}/status.json`),
    ...linked.map(({ path }) => relative(root, join(path, "status.json"))),
  ];
}

async function search(
  root: string,
  patterns: readonly string[],
  known: ReadonlyMap<string, Worktree>,
  unreadable: Unreadable,
): Promise<{ readonly files: readonly StatusFile[]; readonly bases: readonly string[] }> {
  const { paths, bases } = await searchPatterns(root, patterns, unreadable);
  const found = paths.map((path) => relative(root, resolve(root, path)));
  return { files: onePerFile(root, found, known), bases };
}

// Two names of one place (a linked worktree in `.worktrees/`, a symlinked folder) are one task.
function onePerFile(
  root: string,
  paths: readonly string[],
  known: ReadonlyMap<string, Worktree>,
): StatusFile[] {
  const files = new Map<string, StatusFile>();
  const prefix = join(root, "/");
  for (const path of paths.toSorted()) {
    const written = `${prefix}${path}`;
    const end = written.lastIndexOf("/");
    const folder = written.slice(0, end) || "/";
    const worktree = known.has(folder) ? folder : realPath(folder);
    const file = worktree === folder ? written : join(worktree, written.slice(end));
    if (!files.has(file)) files.set(file, { path, worktree });
  }
  return [...files.values()];
}

/** A file that is there; `stats`: null where one may not look. */
type FoundFile = StatusFile & { readonly stats: Stats | null };

/** null when there is none. */
function find(root: string, { path, worktree }: StatusFile): FoundFile | null {
  try {
    const stats = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    return stats === undefined ? null : { path, worktree, stats };
  } catch {
    // Opening it says why.
    return { path, worktree, stats: null };
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
