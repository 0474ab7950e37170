import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../core/parse-json.ts";
import { readSmallText } from "../../io/small-file.ts";
import { statsOf } from "../../io/stats.ts";
import type { Worktree } from "../../io/worktrees.ts";
import { realPath, worktreeOf } from "../../io/worktrees.ts";

const Projects = z.object({ projects: z.record(z.string(), z.string()) });

/** A chat file of a worktree. `parentId`: the session whose sub-agent wrote it. */
export type ChatFile = {
  readonly path: string;
  readonly worktree: Worktree;
  readonly parentId: string | null;
};

export type ChatFiles = {
  readonly files: ChatFile[];
  readonly unreadable: { readonly folder: string; readonly reason: string }[];
  isUsed: boolean;
};

/** The chat files below `home` (`.gemini`) of the project's worktrees, written to since `since`, sorted by path. */
export function listChats(home: string, worktrees: readonly Worktree[], since: number): ChatFiles {
  const found: ChatFiles = { files: [], unreadable: [], isUsed: false };
  const projects = readProjects(home);
  for (const name of list(join(home, "tmp"), found)) {
    const folder = join(home, "tmp", name);
    const worktree = worktreeOfProject(folder, projects, worktrees);
    const chats = join(folder, "chats");
    if (worktree === null) {
      found.isUsed ||= statsOf(chats) !== null;
      continue;
    }
    for (const chat of list(chats, found)) {
      const path = join(chats, chat);
      if (/^session-.*\.jsonl?$/.test(chat)) add({ path, worktree, parentId: null }, since, found);
      else if (statsOf(path)?.isDirectory() === true)
        for (const child of list(path, found))
          if (/\.jsonl?$/.test(child))
            add({ path: join(path, child), worktree, parentId: chat }, since, found);
    }
  }
  return found;
}

/** A name for a chat that does not say its session. */
export function nameOf(path: string): string {
  return `${basename(dirname(dirname(path)))}/${basename(path).replace(/\.jsonl?$/, "")}`;
}

function add(file: ChatFile, since: number, found: ChatFiles): void {
  found.isUsed = true;
  const stats = statsOf(file.path);
  if (stats?.isFile() === true && stats.mtimeMs >= since) found.files.push(file);
}

// The folder says which project it is; else projects.json does; older versions named it by the hash of the path.
function worktreeOfProject(
  folder: string,
  projects: ReadonlyMap<string, string>,
  worktrees: readonly Worktree[],
): Worktree | null {
  const name = basename(folder);
  const root = readText(join(folder, ".project_root"))?.trim() || projects.get(name);
  if (root !== undefined) return worktreeOf(worktrees, realPath(root));
  return (
    worktrees.find(({ path }) => new Bun.CryptoHasher("sha256").update(path).digest("hex") === name) ?? null
  );
}

function readProjects(home: string): ReadonlyMap<string, string> {
  const read = Projects.safeParse(parseJson(readText(join(home, "projects.json")) ?? ""));
  return new Map(Object.entries(read.data?.projects ?? {}).map(([path, name]) => [name, path]));
}

function readText(path: string): string | null {
  try {
    return readSmallText(path);
  } catch {
    // Without this file the other ways to know the project remain.
    return null;
  }
}

function list(folder: string, found: ChatFiles): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR")
      found.unreadable.push({ folder, reason: `cannot be listed (${code})` });
    return [];
  }
}
