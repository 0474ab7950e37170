import type { Stream } from "./stream.ts";

/** What to say of log records that belong to no task. */
export function unattributedNotes(streams: readonly Stream[]): readonly string[] {
  const logs = streams.filter(({ source }) => source === "agent_logs");
  const calls = logs.reduce((sum, { activity }) => sum + activity.callCount, 0);
  return logs.length === 0
    ? []
    : [
        `${plural(calls, "logged tool call")} of ${plural(logs.length, "session or agent")} without a background task`,
      ];
}

function plural(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what.replace(/\b(call|session|agent)\b/g, "$1s")}`;
}
