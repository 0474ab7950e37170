import { lstatSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { NotReadable } from "./open-file.ts";
import { realPath } from "./worktrees.ts";

/**
 * What is followed and what is not. A folder may be a link: that is how people lay out their disks, and a linked worktree
 * outside the root is a worktree. A file that is itself a link is read only when it leads below one of `roots` or into
 * its own folder: an agent that links its `status.json` or log to `/etc/passwd` or a key shows nothing of it.
 * @throws {NotReadable} for a link that leads outside.
 */
export function requireInside(path: string, roots: readonly string[]): void {
  let target: string;
  try {
    if (!lstatSync(path).isSymbolicLink()) return;
    target = realpathSync(path);
    const folders = [...roots, dirname(path)].map((folder) => realpathSync(folder) + sep);
    if (folders.some((folder) => target.startsWith(folder)) || !statSync(target).isFile()) return;
  } catch {
    // It leads nowhere, or may not be looked at: opening it says so, as it does of what is no file.
    return;
  }
  throw new NotReadable("outside_root", "is a link that leads out of the project");
}

/**
 * The same for a file that another file names (a plan): besides, it lies below one of `roots`, as it is written or with
 * its links followed.
 * @throws {NotReadable} when it leads outside.
 */
export function requireBelow(path: string, roots: readonly string[]): void {
  requireInside(path, roots);
  const ways = [resolve(path), realPath(path)];
  if (!roots.some((root) => ways.some((way) => way.startsWith(root + sep))))
    throw new NotReadable("outside_root", "leads out of the project");
}
