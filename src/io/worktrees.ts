import { type Dirent, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { entriesIn, mayBeFolder, namesIn, type Unreadable } from "./folders.ts";
import { NotReadable, readSmallText, statsOf } from "./open-file.ts";

/** A folder that a background agent works in. `path` is absolute with symlinks resolved; `branch` as git's HEAD names it. */
export type Worktree = { readonly path: string; readonly branch: string | null };

/** The main git worktree that `folder` belongs to, also from inside a linked one; else `folder` itself. */
export function findRoot(folder: string): string {
  const top = findTop(resolve(folder));
  if (top === null) return resolve(folder);
  const common = commonFolder(top, new Map());
  if (common === null) return top;
  return basename(common) === ".git" ? dirname(common) : (configuredWorktree(common) ?? top);
}

// A submodule's git folder lies in its parent's and names the main worktree; a bare repository has none.
function configuredWorktree(common: string): string | null {
  const path = textOf(join(common, "config"), new Map())?.match(/^\s*worktree\s*=\s*(.+?)\s*$/m)?.[1];
  const worktree = path === undefined ? null : resolve(common, path);
  return worktree !== null && statsOf(join(worktree, ".git")) !== null ? worktree : null;
}

/**
 * Every linked git worktree of the project at `root`, and every folder of `.worktrees/`; sorted by path. Tells `unreadable`
 * what may have hidden others. `inside`: what is in `.worktrees/`.
 */
export function listWorktrees(
  root: string,
  unreadable: Unreadable = new Map(),
  inside: readonly Dirent[] = entriesIn(join(root, ".worktrees"), unreadable),
): Worktree[] {
  const found = new Map<string, Worktree>();
  const folders = foldersIn(join(root, ".worktrees"), inside);
  for (const worktree of [...linkedWorktrees(root, unreadable), ...folders]) {
    if (!found.has(worktree.path)) found.set(worktree.path, worktree);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The worktree that `folder` is, or lies in; the deepest one when they are nested. `folder` has its symlinks resolved. */
export function worktreeOf(worktrees: readonly Worktree[], folder: string): Worktree | null {
  const byPath = indexOf(worktrees, paths, ({ path }) => path);
  for (let current = folder; ; current = dirname(current)) {
    const worktree = byPath.get(current);
    if (worktree !== undefined) return worktree;
    if (dirname(current) === current) return null;
  }
}

/**
 * The same for a folder as a program wrote it: with links in it, or in another case or Unicode form where the file system
 * takes both for one folder.
 */
export function worktreeAt(worktrees: readonly Worktree[], folder: string): Worktree | null {
  const found = worktreeOf(worktrees, folder) ?? worktreeOf(worktrees, realPath(folder));
  if (found !== null) return found;
  const byIdentity = indexOf(worktrees, identities, ({ path }) => identityOf(path) ?? path);
  for (let current = resolve(folder); ; current = dirname(current)) {
    const identity = identityOf(current);
    const worktree = identity === null ? undefined : byIdentity.get(identity);
    if (worktree !== undefined) return worktree;
    if (dirname(current) === current) return null;
  }
}

function identityOf(path: string): string | null {
  const stats = statsOf(path);
  return stats === null ? null : `${stats.dev}:${stats.ino}`;
}

/** The worktree at `path`, else the first one whose folder is called `name`. */
export function worktreeNamed(
  worktrees: readonly Worktree[],
  { path, name }: { readonly path: string; readonly name: string },
): Worktree | null {
  const byPath = indexOf(worktrees, paths, (worktree) => worktree.path);
  const byName = () => indexOf(worktrees, names, (worktree) => basename(worktree.path));
  return byPath.get(path) ?? byName().get(name) ?? null;
}

type Indexes = WeakMap<readonly Worktree[], ReadonlyMap<string, Worktree>>;
const [paths, names, identities]: readonly [Indexes, Indexes, Indexes] = [
  new WeakMap(),
  new WeakMap(),
  new WeakMap(),
];

// Every source asks for the worktree of every session, and there may be thousands of both. Of one key the first counts.
function indexOf(
  worktrees: readonly Worktree[],
  indexes: Indexes,
  keyOf: (worktree: Worktree) => string,
): ReadonlyMap<string, Worktree> {
  const known = indexes.get(worktrees);
  if (known !== undefined) return known;
  const index = new Map<string, Worktree>();
  for (const worktree of worktrees) {
    const key = keyOf(worktree);
    if (!index.has(key)) index.set(key, worktree);
  }
  indexes.set(worktrees, index);
  return index;
}

/** The path with symlinks resolved; as it is where that is not possible. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function linkedWorktrees(root: string, unreadable: Unreadable): Worktree[] {
  const common = commonFolder(root, unreadable);
  if (common === null) return [];
  return namesIn(join(common, "worktrees"), unreadable).flatMap((name) => {
    const folder = join(common, "worktrees", name);
    const gitFile = firstLine(join(folder, "gitdir"), unreadable);
    if (gitFile === null) return [];
    const path = dirname(resolve(folder, gitFile));
    return mayBeFolder(path)
      ? [{ path: realPath(path), branch: branchOf(join(folder, "HEAD"), unreadable) }]
      : [];
  });
}

function foldersIn(parent: string, inside: readonly Dirent[]): Worktree[] {
  const real = realPath(parent);
  return inside.flatMap((entry) => {
    const path = `${real}/${entry.name}`;
    // A folder of a real folder is real itself; a link, or what the disk does not say, is looked at.
    if (entry.isDirectory()) return [{ path, branch: null }];
    return !entry.isFile() && mayBeFolder(path) ? [{ path: realPath(path), branch: null }] : [];
  });
}

function findTop(folder: string): string | null {
  for (let current = folder; ; current = dirname(current)) {
    const git = statsOf(join(current, ".git"));
    // As git does: a folder of that name alone, which something left behind, makes no repository of all below it.
    const isRepository = git?.isDirectory() !== true || statsOf(join(current, ".git/HEAD")) !== null;
    if (git !== null && isRepository) return current;
    if (dirname(current) === current) return null;
  }
}

/** The git folder of a worktree: `.git` itself, or in a linked one what the file `.git` names (`gitdir: <folder>`); null without. */
export function gitFolderOf(top: string, unreadable: Unreadable = new Map()): string | null {
  const git = join(top, ".git");
  if (mayBeFolder(git)) return git;
  const line = firstLine(git, unreadable);
  if (line === null) return null;
  const pointer = line.match(/^gitdir: (.+)$/)?.[1];
  if (pointer !== undefined) return resolve(top, pointer);
  unreadable.set(git, {
    outcome: "failed",
    message: "expected a folder, or a line that begins with gitdir:",
  });
  return null;
}

/** The git folder that all worktrees of a repository share: its `commondir` leads there. */
export function commonFolderOf(gitFolder: string, unreadable: Unreadable = new Map()): string {
  const common = firstLine(join(gitFolder, "commondir"), unreadable);
  return common === null ? gitFolder : resolve(gitFolder, common);
}

function commonFolder(top: string, unreadable: Unreadable): string | null {
  const folder = gitFolderOf(top, unreadable);
  if (folder !== null) return commonFolderOf(folder, unreadable);
  // A bare repository is its own git folder.
  const isBare = statsOf(join(top, ".git")) === null && mayBeFolder(join(top, "worktrees"));
  return isBare && firstLine(join(top, "HEAD"), unreadable) !== null ? top : null;
}

function branchOf(head: string, unreadable: Unreadable): string | null {
  return firstLine(head, unreadable)?.match(/^ref: refs\/heads\/(.+)$/)?.[1] ?? null;
}

function firstLine(path: string, unreadable: Unreadable): string | null {
  return textOf(path, unreadable)?.split("\n")[0]?.trim() ?? null;
}

function textOf(path: string, unreadable: Unreadable): string | null {
  try {
    return readSmallText(path);
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    const outcome = error.code === "unreadable" ? "denied" : "failed";
    if (error.code !== "vanished") unreadable.set(path, { outcome, message: error.message });
    return null;
  }
}
