import { z } from "zod";
import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import { folderState } from "../../io/folders.ts";
import { FollowedFiles } from "../followed-files.ts";
import { identityFromName, listLauncherLogs } from "../launcher-log.ts";
import { absent, newestPerKey, type Source, type SourceContext, unread } from "../source.ts";
import { folderLiveness, withEndedShells, withEnding } from "./liveness.ts";
import { LogHead, streamLog, withLog } from "./log.ts";
import { type ChatFile, geminiHomes, listChats, nameOf } from "./paths.ts";
import { chat } from "./translate.ts";
import { readWholeChat } from "./whole-chat.ts";

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
    const read = new FollowedFiles(context, kept);
    const { files, unreadable, isUsed } = listChats(home, context.worktrees, context.since);
    const logs = newestPerKey(readLogs(read, context));
    const chats = files.flatMap((file) => readChat(file, logs, read, context));
    for (const { folder, reason } of unreadable) read.unreadable(folder, reason);
    if (!isUsed && logs.length === 0 && read.problems.length === 0) return absent;
    const alone = logs.filter(({ identity }) => !sameSession(identity.sessionId, chats));
    return read.reading(newestPerKey([...chats, ...alone]), { version: 1, files: read.kept });
  },
};

const Checkpoint = z.object({ version: z.literal(1), files: z.record(z.string(), z.unknown()) });

const nothingElse = { waiting: null, busyWith: null, claims: [], branch: null } as const;

function readChat(
  file: ChatFile,
  logs: readonly Stream[],
  read: FollowedFiles,
  context: SourceContext,
): Stream[] {
  const { path, worktree, parentId } = file;
  const { processes, now } = context;
  const followed = path.endsWith(".json")
    ? read.read(path, (kept) => readWholeChat(path, context, kept))
    : read.follow(path, chat);
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

function readLogs(read: FollowedFiles, { root, since, worktrees }: SourceContext): Stream[] {
  return listLauncherLogs(root, since).flatMap(({ path, first }): Stream[] => {
    if (!LogHead.safeParse(first).success) return [];
    const followed = read.followLog(path, streamLog);
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
