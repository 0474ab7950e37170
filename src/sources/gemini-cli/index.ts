import { z } from "zod";
import { isKeepable } from "../../core/plain-text.ts";
import type { Problem } from "../../core/problem.ts";
import { nothingMore, type Stream } from "../../core/stream.ts";
import { cutNotes, type Followed, follow } from "../followed-file.ts";
import { folderState } from "../home.ts";
import { followLog, identityFromName, listLauncherLogs } from "../launcher-log.ts";
import { newestPerKey } from "../newest-per-key.ts";
import { problemAt } from "../problem-at.ts";
import { absent, type Source, type SourceContext, unread } from "../source.ts";
import { chat } from "./chat.ts";
import { folderLiveness, withEndedShells, withEnding } from "./ending.ts";
import { geminiHomes } from "./home.ts";
import { type ChatFile, listChats, nameOf } from "./sessions.ts";
import { LogHead, streamLog } from "./stream-log.ts";
import { readWholeChat } from "./whole-chat.ts";
import { withLog } from "./with-log.ts";

/**
 * Gemini CLI. Seen on disk: 0.61.0; the one-object chats of older versions as described by their readers.
 * `$GEMINI_CLI_HOME`, else the home folder, then `.gemini/tmp/<project>/chats/session-*.jsonl`. A message is written
 * before its tool runs and again, with the call, when it has ended: the last record of an id counts. A failed request
 * of a headless run leaves nothing.
 */
export const geminiCli: Source = {
  id: "gemini_cli",
  async collect(context) {
    const [home] = geminiHomes(context.env);
    const state = folderState(home);
    if ("reason" in state) return unread(state.outcome, state.reason);
    const kept = Checkpoint.safeParse(context.checkpoint).data?.files ?? {};
    const look: Look = { context, kept, next: {}, problems: [], newEvents: 0, skippedLines: 0, cutFiles: 0 };
    const { files, unreadable, isUsed } = listChats(home, context.worktrees, context.since);
    const logs = newestPerKey(readLogs(look));
    const chats = files.flatMap((file) => readChat(file, logs, look));
    for (const { folder, reason } of unreadable)
      look.problems.push(problemAt("unreadable", folder, context.root, null, reason));
    if (!isUsed && logs.length === 0 && look.problems.length === 0) return absent;
    return {
      outcome: "read",
      reason: null,
      streams: newestPerKey([
        ...chats,
        ...logs.filter(({ identity }) => !sameSession(identity.sessionId, chats)),
      ]),
      delegations: [],
      problems: look.problems,
      newEvents: look.newEvents,
      skippedLines: look.skippedLines,
      notes: cutNotes(look.cutFiles),
      checkpoint: { version: 1, files: look.next },
    };
  },
};

const Checkpoint = z.object({ version: z.literal(1), files: z.record(z.string(), z.unknown()) });

type Look = {
  readonly context: SourceContext;
  readonly kept: Readonly<Record<string, unknown>>;
  readonly next: Record<string, unknown>;
  readonly problems: Problem[];
  newEvents: number;
  skippedLines: number;
  cutFiles: number;
};

const nothingElse = { waiting: null, busyWith: null, claims: [], branch: null } as const;

function readChat(file: ChatFile, logs: readonly Stream[], look: Look): Stream[] {
  const { path, worktree, parentId } = file;
  const { processes, now } = look.context;
  const read = path.endsWith(".json")
    ? readWholeChat(path, look.context, look.kept[path])
    : follow(path, look.context, chat, look.kept[path]);
  const followed = account(path, read, look);
  if (followed === null) return [];
  const { memory } = followed;
  const isChild = parentId !== null || memory.isSubagent;
  const liveness = folderLiveness(worktree.path, processes);
  const log = sameSession(memory.sessionId, logs);
  const activity = log === undefined ? followed.activity : withLog(followed.activity, log.activity);
  const ending = withEnding(activity, memory, liveness, now);
  return [
    {
      ...nothingElse,
      key: `gemini_cli:${memory.sessionId ?? nameOf(path)}`,
      source: "gemini_cli",
      file: path,
      identity: {
        taskId: log?.identity.taskId ?? null,
        requestId: null,
        sessionId: memory.sessionId,
        worktree: worktree.path,
      },
      parentKey: parentId === null ? null : `gemini_cli:${parentId}`,
      role: isChild ? "evidence" : "task",
      title: memory.title,
      agent: { kind: "gemini_cli", name: null },
      activity: withEndedShells(ending.activity, processes, now),
      isInteractive: false,
      liveness,
      notes: ending.notes,
    },
  ];
}

function readLogs(look: Look): Stream[] {
  const { root, since, worktrees } = look.context;
  return listLauncherLogs(root, since).flatMap(({ path, first }): Stream[] => {
    if (!LogHead.safeParse(first).success) return [];
    const followed = account(path, followLog(path, look.context, streamLog, look.kept[path]), look);
    if (followed === null) return [];
    const { sessionId } = followed.memory;
    return [
      {
        ...nothingMore,
        ...nothingElse,
        key: `gemini_cli:log:${sessionId ?? nameOf(path)}`,
        source: "gemini_cli",
        file: path,
        identity: identityFromName(path, sessionId, worktrees),
        role: "task",
        agent: { kind: "gemini_cli", name: null },
        activity: followed.activity,
      },
    ];
  });
}

/** The one of `others` that is of the same session. */
function sameSession(sessionId: string | null, others: readonly Stream[]): Stream | undefined {
  return sessionId === null ? undefined : others.find(({ identity }) => identity.sessionId === sessionId);
}

function account<Memory>(
  path: string,
  read: Followed<Memory> | { readonly problem: Problem } | null,
  look: Look,
): Followed<Memory> | null {
  if (read === null) return null;
  if ("problem" in read) {
    look.problems.push(read.problem);
    return null;
  }
  look.problems.push(...read.problems);
  look.newEvents += read.newEvents;
  look.skippedLines += read.skippedLines;
  if (read.isCut) look.cutFiles += 1;
  if (isKeepable([path, read.memory])) look.next[path] = read.kept;
  return read;
}
