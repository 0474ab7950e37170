import { basename, join, resolve } from "node:path";
import { type Names, namesOf } from "../../core/names.ts";
import { parseJson } from "../../core/parse-json.ts";
import { isKeepable, plainKey, plainText } from "../../core/plain-text.ts";
import type { Problem } from "../../core/problem.ts";
import { nothingMore, type Stream } from "../../core/stream.ts";
import { requireInside } from "../../io/links.ts";
import { NotReadable } from "../../io/open-file.ts";
import { type FileCursor, readLines } from "../../io/tail.ts";
import type { SourceContext, SourceReading } from "../source.ts";
import { addBadLine, type BadLines, recentBadLines, tellBadLines } from "./bad-lines.ts";
import { type Delegations, delegationLogs } from "./delegation-logs.ts";
import { type PutAway, putAway } from "./far-delegations.ts";
import { findWorktree } from "./find-worktree.ts";
import type { Kept, KeptFile } from "./kept.ts";
import { type LogLook, readLog } from "./log-file.ts";
import type { LogStream } from "./log-streams.ts";
import { pack } from "./packed-delegations.ts";
import { logsFolder } from "./places.ts";
import { snakeKeys } from "./record.ts";
import { gapMs, hourOfLine, type Windows } from "./window.ts";

/** One look at the folder: what its files said so far. */
export class Look {
  /** A record named what was put away: only reading all anew can tell. */
  needsAnew = false;
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
    private readonly delegations: Delegations,
  ) {
    for (const name of delegationLogs) if (names.includes(name)) this.readDelegations(name);
  }

  /** What came means that records of earlier looks were taken for another task's. */
  get mistookRecords(): boolean {
    return this.kept !== null && this.delegations.hasChangedPast;
  }

  /** Something names what an earlier look put away. */
  needsFar({ lookedUp }: Kept): boolean {
    const complete = new Set(lookedUp);
    return (
      this.delegations.far.isFull ||
      this.delegations.namedFar ||
      [...this.context.claimedNames].some((name) => this.delegations.far.has(name) && !complete.has(name))
    );
  }

  read(): SourceReading {
    for (const name of this.names) if (!delegationLogs.includes(name)) this.readCalls(name);
    const { told, kept, far } = this.putAway();
    return {
      outcome: "read",
      reason: null,
      streams: this.streams,
      delegations: told,
      problems: this.problems,
      newEvents: this.newEvents,
      skippedLines: this.skippedLines,
      checkpoint: {
        version: 8,
        keepFrom: this.windows.open.keepFrom,
        since: this.windows.since,
        delegations: pack(this.delegations.halves(new Set(kept.map(({ requestId }) => requestId)))),
        far: far.pack(),
        lookedUp: [...this.context.claimedNames].filter((name) => far.has(name)),
        files: this.files,
      } satisfies Kept,
    };
  }

  private putAway(): PutAway {
    const { claimedNames } = this.context;
    const toKeep = Object.values(this.files).flatMap(({ streams, pending }) => [
      ...Object.entries(streams).flatMap(([owner, { keys }]) => [`task ${owner}`, ...namesOf(keys)]),
      ...pending.flatMap(({ names }) => names),
    ]);
    return putAway(this.delegations.list(), {
      far: this.delegations.far,
      endedBefore: this.windows.open.keepFrom,
      toTell: new Set([...claimedNames, ...this.streams.flatMap(({ identity }) => namesOf(identity))]),
      toKeep: new Set(toKeep),
    });
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
        this.context.budget.logBytes,
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
      ownerOf: ({ keys, agent }) => {
        this.needsAnew ||= this.kept !== null && this.delegations.isUnknown(keys);
        return ownerName(this.delegations.resolve(keys), agent);
      },
      windowOf: (owner) => (this.delegations.isOver(owner, since) ? over : open),
      widest: open,
      lastBytes: this.context.budget.logBytes,
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
    const size = `${this.context.budget.logBytes / 1024 ** 2} MiB`;
    const message = `is larger than ${size}: only its end was read; archive its older part`;
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

function ownerName(keys: Names, agent: string | null): string {
  return keys.taskId ?? keys.requestId ?? keys.sessionId ?? keys.worktree ?? `agent ${plainKey(agent ?? "")}`;
}
