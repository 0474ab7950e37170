import type { Activity, OpenCall } from "../../core/activity.ts";
import { recall } from "../../core/seen-hashes.ts";
import { isOlderLog } from "../launcher-log.ts";

/**
 * A chat's activity with what only the launcher's log of its session shows: the tool that runs, the end, and the words
 * that come in. The chat tells everything else better: exit codes stand in it, and it is nobody's redirection.
 */
export function withLog(chat: Activity, log: Activity): Activity {
  if (isOlderLog(log, chat)) return chat;
  const isLogNewer = (log.lastActivityAt ?? 0) > (chat.lastActivityAt ?? 0);
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
