import { type Dirent, lstatSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import fastGlob from "fast-glob";
import { tellUnlisted, type Unreadable } from "./folders.ts";

/** The paths that match the patterns, relative to `root` as long as the patterns are; `bases`: the folders that were searched. */
export function searchPatterns(
  root: string,
  patterns: readonly string[],
  unreadable: Unreadable,
): { readonly paths: readonly string[]; readonly bases: readonly string[] } {
  const options = { cwd: root, dot: true, onlyFiles: false, suppressErrors: true, followSymbolicLinks: true };
  const paths = fastGlob.sync([...patterns], { ...options, fs: telling(unreadable) });
  const bases = fastGlob.generateTasks([...patterns], options).map(({ base }) => resolve(root, base));
  return { paths, bases };
}

// fast-glob stops at the first folder that it cannot read, or says nothing of any.
function telling(unreadable: Unreadable) {
  function list(folder: string, options: { withFileTypes: true }): Dirent[];
  function list(folder: string): string[];
  function list(folder: string, options?: { withFileTypes: true }): Dirent[] | string[] {
    try {
      return options === undefined ? readdirSync(folder) : readdirSync(folder, options);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A link that leads back up is followed until the system has enough: nothing new is there.
      if (code !== "ENOENT" && code !== "ELOOP") tellUnlisted(unreadable, resolve(folder), error);
      throw error;
    }
  }
  const look = (path: string) => {
    try {
      return lstatSync(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR")
        unreadable.set(resolve(path), {
          outcome: "denied",
          message: `cannot be looked at (${code ?? String(error)})`,
        });
      throw error;
    }
  };
  return { readdirSync: list, lstatSync: look, statSync };
}
