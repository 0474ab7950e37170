import { plural } from "./plural.ts";
import type { Stream } from "./stream.ts";

/** What to say of log records that belong to no task. */
export function unattributedNotes(streams: readonly Stream[]): readonly string[] {
  const logs = streams.filter(({ source }) => source === "agent_logs");
  const calls = logs.reduce((sum, { activity }) => sum + activity.callCount, 0);
  return logs.length === 0
    ? []
    : [
        `${plural(calls, "logged tool call")} of ${plural(logs.length, "session or agent", "sessions or agents")} without a background task`,
      ];
}
