import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fieldOf, parseJson, recordOf, stringIn } from "../../core/text/fields.ts";
import { readJsonFile, readSmallText, statsOf } from "../../io/open-file.ts";
import { readFirstLine } from "../../io/tail.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";

const headerBytes = 4 * 1024;

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
    const worktree = worktreeOfProject(folder, projects, worktrees, found);
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

// The folder says which project it is; else projects.json does; older versions named it by the hash of the path. Where
// these are lost, the chats still tell that hash.
function worktreeOfProject(
  folder: string,
  projects: ReadonlyMap<string, string>,
  worktrees: readonly Worktree[],
  found: ChatFiles,
): Worktree | null {
  const name = basename(folder);
  const root = readText(join(folder, ".project_root"))?.trim() || projects.get(name);
  if (root !== undefined) return worktreeOf(worktrees, realPath(root));
  const ofHash = (hash: string) => worktrees.find(({ path }) => hashOf(path) === hash) ?? null;
  const named = ofHash(name);
  if (named !== null) return named;
  for (const chat of list(join(folder, "chats"), found)) {
    const hash = chat.endsWith(".jsonl") ? projectHash(join(folder, "chats", chat)) : null;
    if (hash !== null) return ofHash(hash);
  }
  return null;
}

function hashOf(path: string): string {
  return new Bun.CryptoHasher("sha256").update(path).digest("hex");
}

function projectHash(chat: string): string | null {
  try {
    return stringIn(parseJson(readFirstLine(chat, headerBytes) ?? ""), "projectHash") ?? null;
  } catch {
    // Without it the other chats remain.
    return null;
  }
}

function readProjects(home: string): ReadonlyMap<string, string> {
  const projects = recordOf(fieldOf(readJsonFile(join(home, "projects.json")), "projects"));
  const named = Object.entries(projects ?? {});
  return new Map(named.flatMap(([path, name]) => (typeof name === "string" ? [[name, path]] : [])));
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

/** Gemini CLI's one home: `.gemini` below `$GEMINI_CLI_HOME`, else below the home folder. */
export function geminiHomes(env: Readonly<Record<string, string | undefined>>): readonly [string] {
  return [join(env.GEMINI_CLI_HOME || env.HOME || homedir(), ".gemini")];
}
