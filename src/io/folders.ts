import { type Dirent, lstatSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";

/** What is there and cannot be read, by its absolute path; `message` says so in words that follow the path. */
export type Unreadable = Map<string, { readonly outcome: "denied" | "failed"; readonly message: string }>;

/** The names in a folder, sorted; none where there is no such folder, or where it cannot be listed. */
export function namesIn(folder: string, unreadable: Unreadable): string[] {
  return entriesIn(folder, unreadable)
    .map(({ name }) => name)
    .sort();
}

/** What is in a folder; nothing where there is no such folder, or where it cannot be listed. */
export function entriesIn(folder: string, unreadable: Unreadable): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") tellUnlisted(unreadable, folder, error);
    return [];
  }
}

/** Notes why a folder, or what is in its place, could not be listed. */
function tellUnlisted(unreadable: Unreadable, folder: string, error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  const message = `cannot be listed (${code ?? String(error)}); expected a folder that this user may read`;
  unreadable.set(folder, { outcome: code === "ENOTDIR" ? "failed" : "denied", message });
}

/** Whether a path leads to a folder, or may do so where one may not look. */
export function mayBeFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}

/** The paths that match the patterns, relative to `root` as long as the patterns are; `bases`: the folders that were searched. */
export async function searchPatterns(
  root: string,
  patterns: readonly string[],
  unreadable: Unreadable,
): Promise<{ readonly paths: readonly string[]; readonly bases: readonly string[] }> {
  // Loading it takes longer than the look at a small project.
  const { default: fastGlob } = await import("fast-glob");
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

/** Whether an agent's folder can be listed: it is there, it is not, it may not be read, or it is no folder; with the reason. */
export type FolderState =
  | { readonly outcome: "read" | "absent" }
  | { readonly outcome: "denied" | "failed"; readonly reason: string };

/** Looks at an agent's folder without entering it. */
export function folderState(path: string): FolderState {
  try {
    readdirSync(path);
    return { outcome: "read" };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { outcome: "absent" };
    return {
      outcome: code === "ENOTDIR" ? "failed" : "denied",
      reason: `${path} cannot be listed (${code ?? String(error)})`,
    };
  }
}
