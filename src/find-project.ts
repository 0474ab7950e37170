import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";
import { statsOf } from "./io/open-file.ts";
import { findRoot, realPath } from "./io/worktrees.ts";
import { Trouble } from "./trouble.ts";

/**
 * The project to look at, symlinks resolved: what `--root` gives, else the one that `folder` belongs to. A linked worktree
 * is no project of its own. @throws {Trouble}
 */
export function findProject(given: string | null, folder: string): string {
  const isLinked = given !== null && statsOf(join(given, ".git"))?.isFile() === true;
  const root = given === null || isLinked ? findRoot(given ?? folder) : resolve(given);
  if (given !== null && statsOf(root)?.isDirectory() !== true)
    throw new Trouble(`--root ${given}: there is no such folder; give the project's folder`);
  try {
    accessSync(root, constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Trouble(`${root}: nothing in it can be read (${code}); run as a user who may enter it`);
  }
  return realPath(root);
}
