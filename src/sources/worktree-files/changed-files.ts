import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import { readSmallText, statsOf } from "../../io/open-file.ts";

/** The files of a worktree that changed, as git would see them. Times in epoch milliseconds, `path` from the worktree. */
export type ChangedFiles = {
  readonly newest: { readonly path: string; readonly at: number } | null;
  readonly count: number;
  readonly entries: number;
  /** The limit ended the walk early, after so many of the folders that it knew of: what was not seen may be newer. */
  readonly cut: { readonly looked: number; readonly known: number } | null;
};

// Never an agent's work: git's own, installed packages, what monitors and orchestrators write beside it.
const alwaysLeftOut = [".git", "node_modules", "/status.json", "/.omo/", "/.sisyphus/"];

const knownTopRules = new Map<string, Ignore>();

// The same for all worktrees of a project, and slow to make.
function topRules(exclude: string): Ignore {
  const known = knownTopRules.get(exclude);
  if (known !== undefined) return known;
  const rules = ignore().add(alwaysLeftOut).add(boundedRules(exclude));
  knownTopRules.set(exclude, rules);
  return rules;
}

/** Each star of a rule multiplies what matching it may cost; nobody writes more of them. */
const starsOfRule = 8;
const lettersOfRule = 500;
const rulesOfFile = 5_000;

function boundedRules(text: string): string[] {
  return text
    .split("\n", rulesOfFile)
    .filter((rule) => rule.length <= lettersOfRule && rule.split("*").length <= starsOfRule + 1);
}

type Rules = { readonly prefix: string; readonly rules: Ignore };
type Folder = { readonly path: string; readonly rules: readonly Rules[] };

/**
 * Looks for files modified after `since`, nearest to the top first, leaving out what `.gitignore` files and the
 * repository's own excludes name, after `limit` entries no more. Links are not followed. `askedFirst`: a path that is
 * looked at in any case.
 */
export function findChangedFiles(
  worktree: string,
  commonFolder: string | null,
  since: number,
  limit: number,
  askedFirst: string | null = null,
): ChangedFiles {
  const top = topRules(commonFolder === null ? "" : (readText(join(commonFolder, "info", "exclude")) ?? ""));
  const folders: Folder[] = [{ path: "", rules: [{ prefix: "", rules: top }] }];
  // What changed last at the last look: so it is known also where the walk ends before it.
  const isBelow = askedFirst !== null && !askedFirst.split("/").includes("..");
  const knownAt = !isBelow ? null : statsOf(join(worktree, askedFirst));
  let newest: ChangedFiles["newest"] =
    askedFirst !== null && knownAt?.isFile() === true && knownAt.mtimeMs > since
      ? { path: askedFirst, at: Math.round(knownAt.mtimeMs) }
      : null;
  let looked = 0;
  let count = 0;
  let entries = 0;
  for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
    const listed = list(join(worktree, next.path));
    const own = listed.some(({ name }) => name === ".gitignore")
      ? readText(join(worktree, next.path, ".gitignore"))
      : null;
    const rules =
      own === null
        ? next.rules
        : [...next.rules, { prefix: next.path, rules: ignore().add(boundedRules(own)) }];
    for (const entry of listed) {
      entries += 1;
      if (entries > limit)
        return { newest, count, entries, cut: { looked, known: looked + folders.length + 1 } };
      const path = next.path === "" ? entry.name : `${next.path}/${entry.name}`;
      if (isIgnored(path, entry.isDirectory(), rules)) continue;
      if (entry.isDirectory()) folders.push({ path, rules });
      if (!entry.isFile()) continue;
      const at = Math.round(statsOf(join(worktree, path))?.mtimeMs ?? 0);
      if (at <= since) continue;
      count += 1;
      if (newest === null || at > newest.at) newest = { path, at };
    }
    looked += 1;
  }
  return { newest, count, entries, cut: null };
}

// The rule nearest to the file decides: a deeper `.gitignore` can take back what a higher one left out.
function isIgnored(path: string, isFolder: boolean, rules: readonly Rules[]): boolean {
  for (const { prefix, rules: own } of rules.toReversed()) {
    const below = prefix === "" ? path : path.slice(prefix.length + 1);
    const { ignored, unignored } = own.test(isFolder ? `${below}/` : below);
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}

function list(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // A folder that may not be listed, or is gone meanwhile, shows nothing either way.
    return [];
  }
}

function readText(path: string): string | null {
  try {
    return readSmallText(path);
  } catch {
    return null;
  }
}
