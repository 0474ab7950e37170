// `.agents/logs/*.jsonl`: the project's profiling data, written by launchers and agents' plugins (format notes of
// 2026-11). Requests and results become delegations, challenges and tool calls become events. The monitor's own event
// log lies in the same folder and is never evidence.
import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseJson } from "../../core/parse-json.ts";
import { isKeepable, plainKey, plainText } from "../../core/plain-text.ts";
import type { Problem } from "../../core/problem.ts";
import { nothingMore, type Stream } from "../../core/stream.ts";
import { requireInside } from "../../io/links.ts";
import { type FileCursor, holds, NotReadable, readLines } from "../../io/tail.ts";
import { realPath, worktreeNamed } from "../../io/worktrees.ts";
import { folderState } from "../home.ts";
import { absent, type Source, type SourceContext, type SourceReading, unread } from "../source.ts";
import { addBadLine, type BadLines, recentBadLines, tellBadLines } from "./bad-lines.ts";
import { Delegations, requestsName, resultsName } from "./delegation-logs.ts";
import { Kept, type KeptFile } from "./kept.ts";
import { type LogLook, longestLogBytes, readLog } from "./log-file.ts";
import type { LogStream } from "./log-streams.ts";
import { pack, unpack } from "./packed-delegations.ts";
import { eventLogName, isNamed, logsFolder } from "./places.ts";
import { type LogKeys, snakeKeys } from "./record.ts";
import { gapMs, hourOfLine, type Windows, windowsOf } from "./window.ts";

// Requests and results first: they say whose the other records are.
const delegationLogs = [requestsName, resultsName];

export const agentLogs: Source = {
  id: "agent_logs",
  async collect(context) {
    const folder = join(context.root, logsFolder);
    const state = folderState(folder);
    if (state.outcome === "absent") return absent;
    if ("reason" in state) return unread(state.outcome, `${logsFolder} cannot be read: ${state.reason}`);
    const names = readdirSync(folder)
      .filter((name) => name.endsWith(".jsonl") && !isNamed(name, eventLogName))
      .sort();
    const windows = windowsOf(context.now, context.since);
    const look = new Look(context, windows, usable(context, names, windows), names);
    return (look.mistookRecords ? new Look(context, windows, null, names) : look).read();
  },
};

/** What the last look kept, unless the delegations that all of it was read with are not the same any more. */
function usable(
  { root, checkpoint }: SourceContext,
  names: readonly string[],
  { open, since }: Windows,
): Kept | null {
  const kept = Kept.safeParse(checkpoint).data;
  // A look that told less kept less.
  if (kept === undefined || kept.keepFrom > open.keepFrom || kept.since > since) return null;
  const isWhole = delegationLogs.every((name) => {
    const file = kept.files[name];
    return file === undefined || (names.includes(name) && stillHolds(join(root, logsFolder, name), file));
  });
  return isWhole ? kept : null;
}

function stillHolds(path: string, { cursor }: KeptFile): boolean {
  try {
    return holds(path, cursor);
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    return false;
  }
}

/** One look at the folder: what its files said so far. */
class Look {
  private readonly delegations: Delegations;
  private readonly streams: Stream[] = [];
  private readonly problems: Problem[] = [];
  private readonly files: Record<string, KeptFile> = {};
  private skippedLines = 0;
  private newEvents = 0;

  constructor(
    private readonly context: SourceContext,
    private readonly windows: Windows,
    private readonly kept: Kept | null,
    private readonly names: readonly string[],
  ) {
    this.delegations = new Delegations(
      kept === null ? { requests: [], results: [] } : unpack(kept.delegations),
      kept?.since ?? 0,
    );
    for (const name of delegationLogs) if (names.includes(name)) this.readDelegations(name);
  }

  /** What came means that records of earlier looks were taken for another task's. */
  get mistookRecords(): boolean {
    return this.kept !== null && this.delegations.hasChangedPast;
  }

  read(): SourceReading {
    for (const name of this.names) if (!delegationLogs.includes(name)) this.readCalls(name);
    return {
      outcome: "read",
      reason: null,
      streams: this.streams,
      delegations: this.delegations.list(),
      problems: this.problems,
      newEvents: this.newEvents,
      skippedLines: this.skippedLines,
      checkpoint: {
        version: 7,
        keepFrom: this.windows.open.keepFrom,
        since: this.windows.since,
        delegations: pack(this.delegations.halves()),
        files: this.files,
      } satisfies Kept,
    };
  }

  private readDelegations(name: string): void {
    const { path, file } = this.placeOf(name);
    const kept = this.kept?.files[name] ?? null;
    const bad = kept === null ? {} : { ...kept.bad };
    this.attempt(path, file, () => {
      const read = readLines(
        path,
        kept?.cursor ?? null,
        ({ text, number }) => {
          if (text.trim() === "") return;
          const record = snakeKeys(parseJson(text));
          const expected =
            record === null
              ? "expected a JSON object"
              : this.delegations.accept(name, record, { file, line: number ?? 0 });
          if (expected === null) this.newEvents += 1;
          else addBadLine(bad, hourOfLine(text), { code: "bad_line", line: number, message: expected });
        },
        longestLogBytes,
        { onBytes: this.onBytes },
      );
      for (const line of read.tooLong)
        addBadLine(bad, null, {
          code: "line_too_long",
          line,
          message: "expected a record of at most 10 MiB",
        });
      const recent = recentBadLines(bad, this.windows.open.readFrom);
      this.tell(recent, file);
      if (read.cursor.line === null) this.tellCut(file);
      if (isKeepable(name)) this.files[name] = keptDelegations(read.cursor, recent);
    });
  }

  private readCalls(name: string): void {
    const { path, file } = this.placeOf(name);
    const { open, over, since } = this.windows;
    const look: LogLook = {
      path,
      name,
      ownerOf: (entry) => ownerName(this.delegations.resolve(entry.keys), entry.agent),
      windowOf: (owner) => (this.delegations.isOver(owner, since) ? over : open),
      widest: open,
      onBytes: this.onBytes,
    };
    const kept = this.kept?.files[name] ?? null;
    const forgottenAt = (owner: string) =>
      this.kept === null
        ? 0
        : (this.delegations.isOver(owner, since) ? this.kept.since : this.kept.keepFrom) + gapMs;
    this.attempt(path, file, () => {
      const read = readLog(look, kept !== null && this.isCurrent(kept) ? kept : null, forgottenAt);
      this.newEvents += read.newEvents;
      this.tell(read.bad, file);
      if (read.isCut) this.tellCut(file);
      const told = [...read.told].sort(([a], [b]) => (a < b ? -1 : 1));
      this.streams.push(...told.map(([owner, stream]) => this.toStream(file, owner, stream)));
      if (isKeepable(name)) this.files[name] = read.kept;
    });
  }

  // A request that came after the records of its task says whose they are.
  private isCurrent({ streams }: KeptFile): boolean {
    const { newTasks } = this.delegations;
    return (
      newTasks.size === 0 ||
      !Object.values(streams).some(({ keys }) => keys.taskId === null && newTasks.has(keys.requestId ?? ""))
    );
  }

  private tell(bad: BadLines, file: string): void {
    const { problems, count } = tellBadLines(bad, file);
    this.problems.push(...problems);
    this.skippedLines += count;
  }

  private tellCut(file: string): void {
    const message = "is larger than 1 GiB: only its end was read; archive its older part";
    this.problems.push({ code: "over_budget", path: file, line: null, column: null, message });
  }

  private attempt(path: string, file: string, read: () => void): void {
    try {
      requireInside(path, [this.context.root]);
      if (this.context.budget.allows(path)) read();
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
      const message = `${error.message}; expected JSON lines`;
      this.problems.push({ code: error.code, path: file, line: null, column: null, message });
    }
  }

  private readonly onBytes = (count: number): void => this.context.onBytes?.(count);

  private placeOf(name: string) {
    return { path: join(this.context.root, logsFolder, name), file: join(logsFolder, name) };
  }

  private toStream(file: string, owner: string, stream: LogStream): Stream {
    const keys = this.delegations.resolve(stream.keys);
    const { agent } = stream;
    return {
      ...nothingMore,
      key: `agent_logs:${basename(file)}:${owner}`,
      source: "agent_logs",
      file: resolve(this.context.root, file),
      identity: {
        ...keys,
        worktree: keys.worktree === null ? null : findWorktree(this.context, keys.worktree),
      },
      role: keys.taskId !== null || keys.requestId !== null ? "task" : "evidence",
      agent: { kind: "unknown", name: agent === null ? null : plainText(agent, 60) },
      activity: stream.activity,
    };
  }
}

function keptDelegations(cursor: FileCursor, bad: BadLines): KeptFile {
  return { cursor, bad, hour: null, pending: [], streams: {} };
}

function ownerName(keys: LogKeys, agent: string | null): string {
  return keys.taskId ?? keys.requestId ?? keys.sessionId ?? keys.worktree ?? `agent ${plainKey(agent ?? "")}`;
}

/** The worktree that a record names by path or by folder name; null when there is none such. */
export function findWorktree(
  context: Pick<SourceContext, "root" | "worktrees">,
  written: string,
): string | null {
  const path = realPath(resolve(context.root, written));
  return worktreeNamed(context.worktrees, { path, name: written })?.path ?? null;
}
