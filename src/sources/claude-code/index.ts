/**
 * Claude Code (seen in 1.0.128, 2.0.76, 2.1.197 and 2.1.330):
 * - a session is `projects/<slug of the folder it was started in>/<session id>.jsonl`; sub-agents lie below it (2.1),
 *   beside it (2.0) or inside it as side-chain records (1.0). Files are appended to; a resumed session goes on in its
 *   file, a forked one copies the history into a new file: the newest session of a worktree is the current one;
 * - the end of a turn is not the end of the work: background shells and sub-agents are told of when they end;
 * - nothing is written while a permission prompt is open or when the process is killed: `sessions/<pid>.json` (2.1)
 *   tells both apart from a running tool, and is removed at a clean exit;
 * - `stream-json` output has other key names (`session_id`, `tool_use_result`), and no times at all before 2.1.
 * `.credentials.json` and `daemon/roster.json` hold tokens and are never opened.
 */
import { z } from "zod";
import { FollowedFiles } from "../followed-files.ts";
import { absent, type Source, unread } from "../source.ts";
import { findClaudeLogs, readLogs } from "./log.ts";
import { findHomes } from "./paths.ts";
import { readSessions } from "./session.ts";

const keptVersion = 2;
const Checkpoint = z.object({ version: z.literal(keptVersion), files: z.record(z.string(), z.unknown()) });

export const claudeCode: Source = {
  id: "claude_code",
  async collect(context) {
    const homes = findHomes(context.env);
    const logs = findClaudeLogs(context.root, context.since);
    const [denied] = homes.denied;
    if (homes.found.length === 0 && logs.length === 0)
      return denied === undefined ? absent : unread("denied", denied.reason);
    const files = new FollowedFiles(context, Checkpoint.safeParse(context.checkpoint).data?.files ?? {});
    const read = homes.found.map((home) => readSessions(home, context, files));
    const sessions = read.flatMap((each) => each.streams);
    const personal = read.reduce((sum, each) => sum + each.personal, 0);
    const streams = [...sessions, ...readLogs(logs, sessions, context, files)];
    for (const { path, reason } of homes.denied) files.unreadable(path, reason);
    const reading = files.reading(streams, { version: keptVersion, files: files.kept });
    return { ...reading, notes: [...(reading.notes ?? []), ...personalNotes(personal)] };
  },
};

function personalNotes(count: number): string[] {
  if (count === 0) return [];
  const what = count === 1 ? "1 Claude Code session" : `${count} Claude Code sessions`;
  return [`${what} in the main checkout not shown: a person's own`];
}
