import { type Dirent, readdirSync, statSync } from "node:fs";

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
export function tellUnlisted(unreadable: Unreadable, folder: string, error: unknown): void {
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
