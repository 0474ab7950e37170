import type { Activity, OpenCall } from "../../core/activity.ts";
import { recall } from "../../core/seen-hashes.ts";

/** The two files of a session are not written in the same millisecond. */
const sameMomentMs = 1_000;

/**
 * A chat's activity with what only the launcher's log of its session shows: the tool that runs, the end, and the words
 * that come in. The chat tells everything else better: exit codes stand in it, and it is nobody's redirection.
 */
export function withLog(chat: Activity, log: Activity): Activity {
  const chatAt = chat.lastActivityAt ?? 0;
  const logAt = log.lastActivityAt ?? 0;
  // What the chat holds beyond the log was not redirected into it.
  if (logAt + sameMomentMs < chatAt) return chat;
  const isLogNewer = logAt > chatAt;
  const running = log.openCalls.filter((call) => isUnknown(call, chat) && isOfLastRun(call, log));
  return {
    ...chat,
    lastActivityAt: isLogNewer ? log.lastActivityAt : chat.lastActivityAt,
    // Lines of the log are no lines of the chat, which is what is named as evidence.
    lastLine: isLogNewer ? null : chat.lastLine,
    openCalls:
      log.ended === null
        ? [...chat.openCalls, ...running.map((call) => ({ ...call, line: null }))]
        : chat.openCalls,
    ended: log.ended === null ? chat.ended : { ...log.ended, line: null },
  };
}

function isUnknown({ callId }: OpenCall, { openCalls, endedIds }: Activity): boolean {
  if (callId === null) return true;
  return openCalls.every((open) => open.callId !== callId) && recall(endedIds, callId) === null;
}

// A killed run leaves its call open in a log that the next run is appended to.
function isOfLastRun({ startedAt }: OpenCall, { lastUserMessageAt }: Activity): boolean {
  return startedAt >= (lastUserMessageAt ?? 0);
}
