import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fieldOf, parseJson, recordOf, stringIn } from "../../core/text/fields.ts";
import { parseTime } from "../../core/text/time.ts";
import { mayBeFolder } from "../../io/folders.ts";
import { isWrittenSince, readJsonFile, readSmallText, statsOf } from "../../io/open-file.ts";
import { readFirstLine } from "../../io/tail.ts";
import { realPath, type Worktree, worktreeOf } from "../../io/worktrees.ts";
import type { SourceContext } from "../source.ts";

const headerBytes = 4 * 1024;

/** What a person typed in the sessions of a project: the sessions by the first letters of their ids, and when. */
type Typed = { readonly sessions: ReadonlySet<string>; readonly at: readonly number[] };

/**
 * A chat file of the project. `worktree`: null in the main checkout, where only a run without a person is told apart.
 * `parentId`: the session whose sub-agent wrote it. `typed`: null where that cannot be read.
 */
export type ChatFile = {
  readonly path: string;
  readonly worktree: Worktree | null;
  readonly parentId: string | null;
  readonly typed: () => Typed | null;
};

export type ChatFiles = {
  readonly files: ChatFile[];
  readonly unreadable: { readonly path: string; readonly reason: string }[];
  isUsed: boolean;
  /** Chats in the main checkout that are a person's by their names alone. */
  inMain: number;
};

/** The chat files below `home` (`.gemini`) of the project's worktrees, written to since `since`, sorted by path. */
export function listChats(
  home: string,
  { root, worktrees, since }: Pick<SourceContext, "root" | "worktrees" | "since">,
): ChatFiles {
  const found: ChatFiles = { files: [], unreadable: [], isUsed: false, inMain: 0 };
  const projects = readProjects(home);
  for (const name of list(join(home, "tmp"), found)) {
    const folder = join(home, "tmp", name);
    const worktree = worktreeOfProject(folder, projects, worktrees, found);
    const chats = join(folder, "chats");
    if (worktree === null) {
      found.isUsed ||= statsOf(chats) !== null;
      if (!isMainCheckout(folder, projects, root)) continue;
    }
    const typed = typedIn(folder);
    for (const chat of list(chats, found)) {
      const path = join(chats, chat);
      if (worktree === null && typed()?.sessions.has(beginningOf(chat)) !== false)
        found.inMain += isChat(path, since) ? 1 : 0;
      else if (chatName.test(chat)) add({ path, worktree, parentId: null, typed }, since, found);
      else if (statsOf(path)?.isDirectory() === true)
        for (const child of list(path, found))
          if (/\.jsonl?$/.test(child))
            add({ path: join(path, child), worktree, parentId: chat, typed }, since, found);
    }
  }
  return found;
}

const chatName = /^session-.*\.jsonl?$/;

/** A chat bears the first eight letters of its session's id, a folder of sub-agents that of their parent. */
export function beginningOf(chat: string): string {
  return (/([^-]+)\.jsonl?$/.exec(chat)?.[1] ?? chat).slice(0, 8);
}

/** `logs.json` has what was typed; a run with `-p` leaves nothing in it (0.61.0). Read when it is asked for, once. */
function typedIn(folder: string): () => Typed | null {
  let read: Typed | null | undefined;
  return () => {
    if (read === undefined) read = readTyped(join(folder, "logs.json"));
    return read;
  };
}

function readTyped(path: string): Typed | null {
  const entries = readJsonFile(path);
  if (!Array.isArray(entries) && statsOf(path) !== null) return null;
  const typed: readonly unknown[] = Array.isArray(entries) ? entries : [];
  const ids = typed.map((entry) => stringIn(entry, "sessionId") ?? "");
  const times = typed.map((entry) => parseTime(fieldOf(entry, "timestamp")));
  return { sessions: new Set(ids.map((id) => id.slice(0, 8))), at: times.filter((at) => at !== null) };
}

/** What is typed stands in the chat 50 ms later; a run has its prompt 130 ms after it began (0.61.0). */
export const typedMs = 2_000;

/**
 * Whether a person typed in the session of a chat whose last words of a user are of `saidAt`; null where that cannot be told.
 * After `/clear` the words stand under the session before it: there the time tells.
 */
export function isTyped({ path, typed }: ChatFile, saidAt: number | null): boolean | null {
  const known = typed();
  if (known === null) return null;
  const isNear = (at: number) => saidAt !== null && Math.abs(saidAt - at) < typedMs;
  return known.sessions.has(beginningOf(basename(path))) || known.at.some(isNear);
}

function isChat(path: string, since: number): boolean {
  return chatName.test(basename(path)) && (statsOf(path)?.mtimeMs ?? 0) >= since;
}

function isMainCheckout(folder: string, projects: ReadonlyMap<string, string>, root: string): boolean {
  const path = pathOfProject(folder, projects);
  if (path === undefined) return basename(folder) === hashOf(root);
  const project = realPath(path);
  return project === root || (project.startsWith(`${root}/`) && mayBeFolder(project));
}

function pathOfProject(folder: string, projects: ReadonlyMap<string, string>): string | undefined {
  return readText(join(folder, ".project_root"))?.trim() || projects.get(basename(folder));
}

/** A name for a chat that does not say its session. */
export function nameOf(path: string): string {
  return `${basename(dirname(dirname(path)))}/${basename(path).replace(/\.jsonl?$/, "")}`;
}

function add(file: ChatFile, since: number, found: ChatFiles): void {
  found.isUsed = true;
  if (isWrittenSince(file.path, since, found.unreadable)) found.files.push(file);
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
  const root = pathOfProject(folder, projects);
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
      found.unreadable.push({ path: folder, reason: `cannot be listed (${code})` });
    return [];
  }
}

/** Gemini CLI's one home: `.gemini` below `$GEMINI_CLI_HOME`, else below the home folder. */
export function geminiHomes(env: Readonly<Record<string, string | undefined>>): readonly [string] {
  return [join(env.GEMINI_CLI_HOME || env.HOME || homedir(), ".gemini")];
}
