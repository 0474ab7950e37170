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
import type { Stream } from "../../core/evidence/stream.ts";
import { absent, type Source, type SourceContext, unread } from "../source.ts";
import { Files } from "./files.ts";
import { type Registered, readRegistry } from "./liveness.ts";
import { findClaudeLogs, logStream } from "./log.ts";
import { findHomes, findTranscripts, type Home } from "./paths.ts";
import { findSubAgents, readJobs, sessionStreams } from "./session.ts";

export const claudeCode: Source = {
  id: "claude_code",
  async collect(context) {
    const homes = findHomes(context.env);
    const files = new Files(context);
    const streams = homes.found.flatMap((home) => homeStreams(home, context, files));
    const known = new Map(streams.map((stream) => [stream.key, stream]));
    const logs = findClaudeLogs(context.root, context.since);
    for (const path of logs) {
      const read = files.readKind(path, "log");
      if (read !== null) streams.push(logStream(path, read, context.worktrees, known));
    }
    const [denied] = homes.denied;
    if (homes.found.length === 0 && logs.length === 0)
      return denied === undefined ? absent : unread("denied", denied.reason);
    for (const { path, reason } of homes.denied) files.unreadable(path, reason);
    return files.reading(streams, files.checkpoint);
  },
};

function livePids(registry: ReadonlyMap<string, Registered>, ownSession: string): ReadonlySet<number> {
  return new Set(
    [...registry].flatMap(([session, { entry, liveness }]) =>
      session !== ownSession && liveness.state === "alive" ? [entry.pid] : [],
    ),
  );
}

function homeStreams(home: Home, context: SourceContext, files: Files): Stream[] {
  const registry = readRegistry(home.path, files, context.processes);
  const jobs = readJobs(home.path, files);
  return findTranscripts(home, files, context).flatMap((file) => {
    const read = files.readKind(file.path, "session");
    if (read === null || !read.memory.hasRecords) return [];
    const subAgents = findSubAgents(file, files, context.since).flatMap((child) => {
      const childRead = files.readKind(child.path, "sub_agent");
      return childRead === null ? [] : [{ file: child, read: childRead }];
    });
    return sessionStreams(file, read, {
      registered: registry.get(file.sessionId) ?? null,
      job: jobs.get(file.sessionId) ?? null,
      subAgents,
      processes: context.processes,
      otherPids: livePids(registry, file.sessionId),
    });
  });
}
