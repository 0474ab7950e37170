import { closeSync } from "node:fs";
import { basename } from "node:path";
import type { Activity } from "../../core/evidence/activity.ts";
import { withLeftRunning } from "../../core/evidence/left-running.ts";
import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import { fieldOf, parseJson, recordOf } from "../../core/text/fields.ts";
import { folderState } from "../../io/folders.ts";
import { requireInside } from "../../io/links.ts";
import { NotReadable, openFile, readSmallText, statsOf } from "../../io/open-file.ts";
import { maxLineBytes } from "../../io/tail.ts";
import type { Followed } from "../followed-file.ts";
import { FollowedFiles } from "../followed-files.ts";
import { identityFromName } from "../launcher-log.ts";
import { personalNotes } from "../left-out.ts";
import { problemAt } from "../problem-at.ts";
import { absent, newestPerKey, type SourceContext, type SourceReading, unread } from "../source.ts";
import {
  folderProcess,
  stoppedAtLoop,
  withEndedShells,
  withEnding,
  withoutWork,
  withUnseenCall,
} from "./liveness.ts";
import { LogHead, streamLog, withLog } from "./log.ts";
import type { ChatMemory } from "./memory.ts";
import { beginningOf, type ChatFile, geminiHomes, isTyped, listChats, nameOf, typedMs } from "./paths.ts";
import { WholeChat } from "./records.ts";
import { chat } from "./translate.ts";

/** Raised whenever what is kept, or what an `Activity` means, changes. */
const keptVersion = 8;

/** Every chat of the project's worktrees, and the logs of `gemini --output-format stream-json`. */
export function readSessions(context: SourceContext): SourceReading {
  const [home] = geminiHomes(context.env);
  const state = folderState(home);
  if ("reason" in state) return unread(state.outcome, state.reason);
  const read = new FollowedFiles(context, keptVersion);
  const { files, unreadable, isUsed, inMain } = listChats(home, context);
  const logs = newestPerKey(readLogs(read, context));
  const all = files.map((file) => ({ file, stream: readChat(file, files, logs, read, context) }));
  const personal = all
    .filter(({ stream }) => stream === "personal")
    .map(({ file }) => beginningOf(basename(file.path)));
  // Its sub-agents are a person's, too.
  const isOfPersonal = ({ worktree, parentId }: ChatFile) =>
    worktree === null && parentId !== null && personal.includes(beginningOf(parentId));
  const chats = all
    .map(({ file, stream }) => (isOfPersonal(file) ? null : stream))
    .filter((stream) => stream !== null && stream !== "personal");
  for (const { path, reason } of unreadable) read.unreadable(path, reason);
  if (!isUsed && logs.length === 0 && read.problems.length === 0) return absent;
  const alone = logs.filter(({ identity }) => !sameSession(identity.sessionId, chats));
  const notes = personalNotes("Gemini CLI", inMain + personal.length);
  return read.reading(newestPerKey([...chats, ...alone]), { notes });
}

/** Whether a sub-agent of a session wrote since `at`: it is what runs there. */
function hasSubagent(sessionId: string | null, files: readonly ChatFile[], at: number): boolean {
  return files.some(
    ({ path, parentId }) =>
      parentId !== null && parentId === sessionId && (statsOf(path)?.mtimeMs ?? 0) >= at,
  );
}

/** Whether it was asked a while after it began, as in an editor (`--acp`): a run has its prompt at once. */
function isOpenedFirst({ openedAt, askedAt }: ChatMemory): boolean {
  return openedAt === null || askedAt === null || askedAt - openedAt >= typedMs;
}

const nothingElse = { waiting: null, busyWith: null, claims: [], branch: null } as const;

function readChat(
  file: ChatFile,
  files: readonly ChatFile[],
  logs: readonly Stream[],
  read: FollowedFiles,
  context: SourceContext,
): Stream | "personal" | null {
  const { path, worktree, parentId } = file;
  const { processes, now } = context;
  const followed = path.endsWith(".json")
    ? read.read(path, (kept) => readWholeChat(path, context, kept))
    : read.follow(path, chat);
  if (followed === null) return null;
  const { memory } = followed;
  const isChild = parentId !== null || memory.isSubagent;
  const process = folderProcess(worktree?.path ?? context.root, context.worktrees, processes);
  const log = sameSession(memory.sessionId, logs);
  const activity = log === undefined ? followed.activity : withLog(followed.activity, log.activity);
  const isGone = process.liveness.state === "gone";
  const unasked = log === undefined && !isChild ? withoutWork(activity, memory, isGone) : null;
  const typed = () => isTyped(file, activity.lastUserMessageAt);
  if (worktree === null && !isChild && (unasked !== null || isOpenedFirst(memory) || typed() !== false))
    return "personal";
  const ending = withEnding(activity, memory, process, processes, now, worktree !== null);
  const withCall = withUnseenCall(
    ending,
    memory,
    process,
    (at) => typed() === true && !hasSubagent(memory.sessionId, files, at),
  );
  const seen = withLeftRunning(withEndedShells(withCall, processes, now));
  return {
    ...nothingElse,
    key: `gemini_cli:${memory.sessionId ?? nameOf(path)}`,
    source: "gemini_cli",
    kind: "transcript",
    file: path,
    identity: {
      taskId: log?.identity.taskId ?? null,
      requestId: null,
      sessionId: memory.sessionId,
      worktree: worktree?.path ?? null,
    },
    parentKey: parentId === null ? null : `gemini_cli:${parentId}`,
    resume: null,
    // Opened and closed again without a word: there was no work.
    role: isChild || (unasked !== null && isGone && activity.firstPrompt === null) ? "evidence" : "task",
    title: null,
    agent: { kind: "gemini_cli", name: null },
    activity: seen.activity,
    isInteractive: ending.isAtPrompt || (unasked !== null && !isGone),
    waiting: unasked ?? stoppedAtLoop(activity, memory, isGone),
    liveness: process.liveness,
    busyWith: ending.runs,
    notes: [...ending.notes, ...seen.notes],
  };
}

function readLogs(read: FollowedFiles, { logs, worktrees }: SourceContext): Stream[] {
  return logs.flatMap(({ path, first }): Stream[] => {
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
        kind: "transcript",
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

type Kept = {
  readonly modifiedAt: number;
  readonly sizeBytes: number;
  readonly activity: Activity;
  readonly memory: ChatMemory;
};

/** This program wrote it, and the checkpoint's hash vouches for what is inside. */
function isKept(kept: unknown): kept is Kept {
  return recordOf(fieldOf(kept, "activity")) !== null;
}

/** Reads a chat of the versions that wrote one object into `session-*.json`; read anew whenever it changed. */
function readWholeChat(
  path: string,
  { root, budget }: Pick<SourceContext, "root" | "budget">,
  kept: unknown,
): Followed<ChatMemory> | { readonly problem: ReturnType<typeof problemAt> } | null {
  try {
    requireInside(path, [root]);
    if (!budget.allows(path)) return null;
    const { fd, stats } = openFile(path);
    closeSync(fd);
    const state = { modifiedAt: stats.mtimeMs, sizeBytes: stats.size };
    const known = isKept(kept) ? kept : null;
    if (known?.modifiedAt === state.modifiedAt && known.sizeBytes === state.sizeBytes)
      return { ...known, newEvents: 0, skippedLines: 0, problems: [], kept: known, isCut: false };
    if (stats.size > maxLineBytes)
      return { problem: problemAt("too_large", path, root, null, "must be smaller than 10 MiB") };
    const whole = WholeChat.safeParse(parseJson(readSmallText(path, maxLineBytes))).data;
    if (whole === undefined)
      return { problem: problemAt("invalid_json", path, root, null, "must be a chat with its messages") };
    const memory = chat.begin();
    const activity = emptyActivity();
    const place = { line: null, fileAt: Math.round(stats.mtimeMs), activity };
    let newEvents = 0;
    const { messages, lastUpdated, ...header } = whole;
    for (const record of [header, ...messages, { $set: { lastUpdated } }])
      for (const event of chat.translate(record, place, memory)?.events ?? []) {
        observe(activity, event);
        newEvents += 1;
      }
    return {
      activity,
      memory,
      newEvents,
      skippedLines: 0,
      problems: [],
      kept: { ...state, activity, memory },
      isCut: false,
    };
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    if (error.code === "vanished") return null;
    return { problem: problemAt(error.code, path, root, null, error.message) };
  }
}
