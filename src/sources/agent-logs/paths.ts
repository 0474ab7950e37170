import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { realPath, worktreeNamed } from "../../io/worktrees.ts";
import type { SourceContext } from "../source.ts";

/** Where the project keeps its logs, from the root. */
export const logsFolder = join(".agents", "logs");
/** The monitor's own log, which lies among them. */
export const eventLogName = "background_monitoring.jsonl";
export const requestsName = "delegation_requests.jsonl";
export const resultsName = "delegation_results.jsonl";
const challenges = "_challenges.jsonl";

/** Archives are kept in folders of months or years: `archive/2026-08/`. */
const foldersDeep = 3;

/** Whether `path` is a log called `name`, or a rotated or archived part of it. */
export function isNamed(path: string, name: string): boolean {
  const [stem] = name.split(".");
  return new RegExp(`^${stem}([._-][\\w.-]*)?\\.jsonl([.-][\\w.:-]*)?$`).test(basename(path));
}

/** Whether a log of this name holds challenges, which tell of a tool in their own words. */
export function isChallenges(name: string): boolean {
  return name.endsWith(challenges);
}

/**
 * The log that a file is a part of, by its name; null for what is none. Rotations leave `x.jsonl.1`, `x.1.jsonl`,
 * `x-2026-11-22.jsonl`, `x.jsonl-20261122`, `x.jsonl.old`, each with or without `.gz`.
 */
export function logOf(path: string): string | null {
  const own = [eventLogName, requestsName, resultsName].find((name) => isNamed(path, name));
  if (own !== undefined) return own;
  const [, stem] = rotated.exec(basename(path)) ?? [];
  return stem === undefined ? null : `${stem}.jsonl`;
}

const date = "(?:19|20)\\d\\d-?[01]\\d(?:-?[0-3]\\d)?(?:[T_.-]?\\d\\d[:.-]?\\d\\d(?:[:.-]?\\d\\d)?Z?)?";
const rotated = new RegExp(
  `^(.+?)(?:[._-]${date}|\\.\\d{1,3}|[._-]old)?\\.jsonl(?:\\.\\d{1,3}|[._-]${date}|\\.\\d{10}|\\.old|\\.bak|~)?(?:\\.gz)?$`,
);

/** All files below a folder, three folders deep, its own last; `onUnreadable` is told which folders cannot be listed. */
export function listFiles(
  folder: string,
  onUnreadable: (folder: string, code: string) => void,
  depth: number = foldersDeep,
): string[] {
  let entries: ReturnType<typeof readFolder>;
  try {
    entries = readFolder(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") onUnreadable(folder, code ?? String(error));
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    // What is called like a log and is none is told when it is read.
    if (!entry.isDirectory() || entry.name.endsWith(".jsonl")) return [path];
    return depth === 0 ? [] : listFiles(path, onUnreadable, depth - 1);
  });
}

/** The parts of the log called `name` that a rotation or an archive moved away; folders that cannot be listed are passed over. */
export function rotatedParts(folder: string, name: string): string[] {
  return listFiles(folder, () => {}).filter((path) => isNamed(path, name) && path !== join(folder, name));
}

// The newest part of a log, which has no suffix, comes last.
function readFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort(
    (a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || (a.name < b.name ? -1 : 1),
  );
}

/** The worktree that a record names by path or by folder name; null when there is none such. */
export function findWorktree(
  context: Pick<SourceContext, "root" | "worktrees">,
  written: string,
): string | null {
  const path = realPath(resolve(context.root, written));
  return worktreeNamed(context.worktrees, { path, name: written.replace(/\/+$/, "") })?.path ?? null;
}
