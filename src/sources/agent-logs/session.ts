import { join, relative } from "node:path";
import { namesOf } from "../../core/claims/names.ts";
import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import { numberIn } from "../../core/text/fields.ts";
import { folderState } from "../../io/folders.ts";
import { FollowedFiles } from "../followed-files.ts";
import { absent, type SourceContext, type SourceReading, unread } from "../source.ts";
import { type Before, CallLog, gapMs } from "./calls.ts";
import { type LogStream, resumed, type SavedStream, saved } from "./counted-calls.ts";
import { Delegations, type KnownDelegations, namesOfWork } from "./delegations.ts";
import { type KeptLog, Log } from "./log.ts";
import {
  eventLogName,
  findWorktree,
  listFiles,
  logOf,
  logsFolder,
  requestsName,
  resultsName,
} from "./paths.ts";

/** Raised whenever what is kept, or what an `Activity` means, changes. */
const keptVersion = 13;
/** What fell silent later than this is told even with a shorter `--since`: a stuck task stays stuck over a holiday. */
const shortestTellMs = 14 * 24 * 3_600_000;
/** What ended before `--since` is put away in steps, so that little changes between two looks. */
const stepMs = 3_600_000;
/** A result is written a moment after the last call. */
const lateResultMs = 60_000;

const callsKey = "calls ";

/** What is kept of a log of calls: how far its files were read, and its streams. */
type KeptCalls = { readonly log: KeptLog; readonly streams: Readonly<Record<string, SavedStream>> };
type KeptDelegations = KnownDelegations & { readonly logs: Readonly<Record<string, KeptLog>> };
type Kept = {
  readonly version: typeof keptVersion;
  readonly files: Readonly<Record<`${typeof callsKey}${string}`, KeptCalls>> & {
    readonly delegations?: KeptDelegations;
    /**
     * What fell silent before `tellFrom` was left out, of tasks that ended before `since` what fell silent before that, and
     * delegations that ended before `endedFrom`.
     */
    readonly windows?: Windows;
  };
};
type Windows = { readonly tellFrom: number; readonly since: number; readonly endedFrom: number };

/** What the project's logs say. */
export function readAgentLogs(context: SourceContext): SourceReading {
  const folder = join(context.root, logsFolder);
  const state = folderState(folder);
  if (state.outcome === "absent") return absent;
  if ("reason" in state) return unread(state.outcome, `${logsFolder} cannot be read: ${state.reason}`);
  return new Reading(context, folder).read();
}

/** One run over the folder: delegations first, which say whose the other records are and which work has ended. */
class Reading {
  private readonly files: FollowedFiles;
  private readonly windows: Windows;
  /** What the last run kept; nothing where it told less than this one. */
  private readonly kept: Kept["files"];
  private readonly logs: ReadonlyMap<string | null, string[]>;
  private delegations = new Delegations();
  /** Files of the delegations came or went: whose work ended may be told by others now. */
  private areOthers = false;
  /** Of the delegations some are in no file any more. */
  private hasLost = false;

  constructor(
    private readonly context: SourceContext,
    folder: string,
  ) {
    const { now, since, checkpoint } = context;
    const endedFrom = Math.floor((since - gapMs) / stepMs) * stepMs;
    this.windows = { tellFrom: Math.min(since, now - shortestTellMs), since, endedFrom };
    this.files = new FollowedFiles(context, keptVersion);
    const paths = listFiles(folder, (path, code) =>
      this.files.unreadable(path, `cannot be listed (${code})`),
    );
    this.logs = Map.groupBy(paths, logOf);
    const kept = isKept(checkpoint) ? checkpoint.files : {};
    const before = kept.windows;
    const isEnough =
      before !== undefined && before.tellFrom <= this.windows.tellFrom && before.since <= since;
    this.kept = isEnough ? kept : {};
  }

  read(): SourceReading {
    const { claimedNames } = this.context;
    const known = this.kept.delegations;
    let logs = this.readDelegations(known);
    if (known !== undefined && this.delegations.needsThePast) logs = this.readDelegations(undefined);
    const isReopened = known !== undefined && (this.areOthers || this.hasReopened(known));
    const read = this.names().flatMap((name) => this.readCalls(name, isReopened));
    if (this.delegations.areAway([...claimedNames, ...this.namesIn(read)]))
      logs = this.readDelegations(undefined);
    for (const log of logs) this.files.count(log.newLines, log);
    for (const { log, newEvents } of read) this.files.count(newEvents, log);
    const told = read.flatMap((log) => this.streamsOf(log));
    for (const { name, log, streams } of read) if (!log.isPartial) this.keepCalls(name, log, streams);
    const named = new Set([...claimedNames, ...told.flatMap(({ identity }) => namesOf(identity))]);
    const recent = this.delegations.recent(this.windows.endedFrom, named);
    const kept = {
      logs: Object.fromEntries(logs.flatMap((log) => (log.isPartial ? [] : [[log.name, log.kept]]))),
      ...recent,
    } satisfies KeptDelegations;
    this.files.keep("delegations", kept);
    this.files.keep("windows", this.windows);
    return { ...this.files.reading(told), delegations: recent.known };
  }

  /** The two logs together: where one was rotated, the whole of both is read. */
  private readDelegations(known: KeptDelegations | undefined): readonly Log[] {
    const logs = [requestsName, resultsName].flatMap((name) => this.open(name, known?.logs[name]) ?? []);
    this.hasLost ||= logs.some(({ way }) => way === "after_loss");
    if (known !== undefined && !this.hasLost && logs.some(({ way }) => way === "anew")) {
      for (const log of logs) log.close();
      this.areOthers = true;
      return this.readDelegations(undefined);
    }
    // What is in the files no more stays known.
    const kept = this.hasLost || known !== undefined ? this.kept.delegations : undefined;
    this.delegations = new Delegations(known === undefined ? { known: kept?.known ?? [], away: [] } : kept);
    for (const log of logs) {
      log.read((text, { line, zone }, file) =>
        this.delegations.accept(log.name, text, { file, line: line ?? 0, zone }),
      );
      log.close();
    }
    return logs;
  }

  /** What the logs of calls name, and whom they speak of as far as that is known. */
  private namesIn(read: readonly ReadCalls[]): readonly string[] {
    const keys = read.flatMap((log) => [...log.streams.values()].map((stream) => stream.keys));
    return [...keys, ...read.flatMap((log) => this.streamsOf(log)).map(({ identity }) => identity)].flatMap(
      namesOf,
    );
  }

  // Of work that was over only little was kept.
  private hasReopened(known: KeptDelegations): boolean {
    const before = new Delegations(known);
    const isOver = (all: Delegations, id: string, since: number) => {
      const owner = all.ownerOf({ taskId: null, requestId: id, sessionId: null, worktree: null });
      return (all.endOf(owner) ?? Number.POSITIVE_INFINITY) < since;
    };
    const since = this.kept.windows?.since ?? 0;
    const wasOver = (id: string) => isOver(before, id, since) || before.areAway(namesOfWork(id));
    return [...this.delegations.touched].some(
      (id) => wasOver(id) && !isOver(this.delegations, id, this.windows.since),
    );
  }

  private readCalls(name: string, isReopened: boolean): readonly ReadCalls[] {
    const known = isReopened ? null : (this.kept[`${callsKey}${name}`] ?? null);
    return this.readCallsFrom(name, known) ?? this.readCallsFrom(name, null) ?? [];
  }

  /** Null when records came that belong before what was read at the last run. */
  private readCallsFrom(name: string, known: KeptCalls | null): readonly ReadCalls[] | null {
    const log = this.open(name, known?.log);
    if (log === null) return [];
    try {
      const forgotAt = this.kept.windows?.since ?? 0;
      const isLoss = log.way === "after_loss";
      const before: Before | null =
        known === null || log.way === "anew"
          ? null
          : { streams: new Map(Object.entries(known.streams).map(resumed)), forgotAt, isLoss };
      const calls = new CallLog(name, before, this.windows.tellFrom);
      const live = relative(this.context.root, log.file);
      // A line's number is shown with the file that is written to.
      log.read((text, at, file) => calls.accept(text, file === live ? at : { ...at, line: null }));
      const streams = calls.finish(
        (stream) => this.isTold(stream),
        (stream) => this.isLiving(stream),
        log.lineAt(),
      );
      if (calls.needsThePast) return null;
      return [{ name, streams, log, newEvents: calls.newEvents }];
    } finally {
      log.close();
    }
  }

  private open(name: string, known: KeptLog | undefined): Log | null {
    const files = this.logs.get(name) ?? (known === undefined ? undefined : []);
    return files === undefined
      ? null
      : new Log(this.context, name, files, this.windows.tellFrom - gapMs, known);
  }

  /** The logs of calls that are there, or were at the last run. */
  private names(): readonly string[] {
    const known = Object.keys(this.kept).filter((key) => key.startsWith(callsKey));
    const names = [...this.logs.keys(), ...known.map((key) => key.slice(callsKey.length))];
    return [...new Set(names)]
      .filter((name) => name !== null)
      .filter(isCalls)
      .sort();
  }

  /** Whether its calls may still say something: it was active of late, and has not ended. */
  private isLiving({ keys, lastAt }: Pick<LogStream, "keys" | "lastAt">): boolean {
    const endedAt = this.delegations.endOf(this.delegations.ownerOf(keys));
    return lastAt >= this.context.now - gapMs && (endedAt === null || lastAt > endedAt + lateResultMs);
  }

  private isTold({ keys, lastAt }: Pick<LogStream, "keys" | "lastAt">): boolean {
    const { tellFrom, since } = this.windows;
    const endedAt = this.delegations.endOf(this.delegations.ownerOf(keys));
    return lastAt >= (endedAt !== null && endedAt < since ? since : tellFrom);
  }

  /** The streams of a log that are told. */
  private streamsOf({ log, streams }: ReadCalls): readonly Stream[] {
    return this.told(streams).map(([owner, stream]) => this.toStream(log, owner, stream));
  }

  // What is told is what is kept.
  private keepCalls(name: string, log: Log, streams: ReadonlyMap<string, LogStream>): void {
    const kept = {
      log: log.kept,
      streams: Object.fromEntries(this.told(streams).map(saved)),
    } satisfies KeptCalls;
    this.files.keep(`${callsKey}${name}`, kept);
  }

  private told(streams: ReadonlyMap<string, LogStream>): readonly (readonly [string, LogStream])[] {
    return [...streams].filter(([, stream]) => this.isTold(stream)).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  private toStream({ name, file }: Log, owner: string, { keys, agent, activity }: LogStream): Stream {
    const resolved = this.delegations.resolve(keys);
    const { worktree } = resolved;
    return {
      ...nothingMore,
      key: `agent_logs:${name}:${owner}`,
      source: "agent_logs",
      kind: "log",
      file,
      identity: { ...resolved, worktree: worktree === null ? null : findWorktree(this.context, worktree) },
      role: resolved.taskId !== null || resolved.requestId !== null ? "task" : "evidence",
      agent: { kind: "unknown", name: agent },
      activity,
    };
  }
}

/** A log of calls that was read. */
type ReadCalls = {
  readonly name: string;
  readonly streams: ReadonlyMap<string, LogStream>;
  readonly log: Log;
  readonly newEvents: number;
};

function isCalls(name: string): boolean {
  return name !== eventLogName && name !== requestsName && name !== resultsName;
}

/** This program wrote it, and the checkpoint's hash vouches for what is inside. */
function isKept(checkpoint: unknown): checkpoint is Kept {
  return numberIn(checkpoint, "version") === keptVersion;
}
