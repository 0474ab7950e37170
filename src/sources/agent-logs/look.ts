import { basename, join, resolve } from "node:path";
import { type Names, namesOf } from "../../core/claims/names.ts";
import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import type { Problem } from "../../core/text/problem.ts";
import { isKeepable, plainKey, plainText } from "../../core/text/safe-text.ts";
import { requireInside } from "../../io/links.ts";
import { NotReadable } from "../../io/open-file.ts";
import type { SourceContext, SourceReading } from "../source.ts";
import { type BadLines, tellBadLines } from "./bad-lines.ts";
import { DelegationFile, type LogPlace } from "./delegation-file.ts";
import { type Delegations, delegationLogs } from "./delegation-logs.ts";
import { putAway } from "./far-delegations.ts";
import { type Kept, type KeptFile, keptVersion } from "./kept.ts";
import { type LogLook, readLog } from "./log-file.ts";
import type { LogStream } from "./log-streams.ts";
import { pack } from "./packed-delegations.ts";
import { findWorktree, logsFolder } from "./paths.ts";
import { dayMs, gapMs, type Windows } from "./window.ts";

/** One look at the folder: what its files said so far. */
export class Look {
  /** Something names a delegation that was put away: only a look that knows all of them can tell what it means. */
  needsFar: boolean;
  private readonly lookedUp: ReadonlySet<string>;
  private readonly streams: Stream[] = [];
  private readonly problems: Problem[] = [];
  private readonly files: Record<string, KeptFile> = {};
  private skippedLines = 0;
  private newEvents = 0;

  /** `stretches`: in how many the delegations are read; in more than one, old ones are put away in between. */
  constructor(
    private readonly context: SourceContext,
    private readonly windows: Windows,
    private readonly kept: Kept | null,
    private readonly names: readonly string[],
    private readonly delegations: Delegations,
    stretches = 1,
  ) {
    this.lookedUp = new Set(kept?.lookedUp);
    this.readDelegations(stretches);
    const { far, namedFar } = delegations;
    this.needsFar = far.isFull || namedFar || this.isFar(context.claimedNames);
  }

  /** What came means that records of earlier looks were taken for another task's. */
  get mistookRecords(): boolean {
    return this.kept !== null && this.delegations.hasChangedPast;
  }

  read(): SourceReading {
    for (const name of this.names) if (!delegationLogs.includes(name)) this.readCalls(name);
    const { toTell, toKeep } = this.named();
    // Before more is put away: what this look puts away itself is told.
    this.needsFar ||= this.isFar(toTell) || this.isFar(toKeep);
    const { told, kept, far } = putAway(this.delegations.list(), {
      far: this.delegations.far,
      endedBefore: this.windows.open.keepFrom,
      toTell,
      toKeep,
    });
    return {
      outcome: "read",
      reason: null,
      streams: this.streams,
      delegations: told,
      problems: this.problems,
      newEvents: this.newEvents,
      skippedLines: this.skippedLines,
      checkpoint: {
        version: keptVersion,
        keepFrom: this.windows.open.keepFrom,
        since: this.windows.since,
        delegations: pack(this.delegations.halves(new Set(kept.map(({ requestId }) => requestId)))),
        far: far.pack(),
        lookedUp: [...new Set([...toTell, ...toKeep])].filter((name) => far.has(name)),
        files: this.files,
      } satisfies Kept,
    };
  }

  /** Whether one of these names may be of a delegation that was put away and not looked up. */
  private isFar(names: ReadonlySet<string>): boolean {
    return [...names].some((name) => this.delegations.far.has(name) && !this.lookedUp.has(name));
  }

  /** What status files and the streams to tell name, and what the records name that the next look goes on with. */
  private named(): { readonly toTell: ReadonlySet<string>; readonly toKeep: ReadonlySet<string> } {
    const kept = Object.values(this.files).flatMap(({ streams, pending }) => [
      ...Object.entries(streams).flatMap(([owner, { keys }]) => [`task ${owner}`, ...namesOf(keys)]),
      ...pending.flatMap(({ names }) => names),
    ]);
    const told = this.streams.flatMap(({ identity }) => namesOf(identity));
    return { toTell: new Set([...this.context.claimedNames, ...told]), toKeep: new Set(kept) };
  }

  // The logs grow side by side: what both of them told by the end of a stretch is put away before the next one is read.
  private readDelegations(stretches: number): void {
    const limits = { lastBytes: this.context.budget.logBytes, onBytes: this.onBytes };
    let files = delegationLogs
      .filter((name) => this.names.includes(name))
      .map(
        (name) =>
          new DelegationFile(this.placeOf(name), this.delegations, limits, this.kept?.files[name] ?? null),
      );
    for (let stretch = 1; stretch < stretches; stretch += 1) {
      let gotOn = true;
      const readOn = (file: DelegationFile) => {
        gotOn = file.readPart(stretch / stretches) && gotOn;
      };
      files = files.filter((file) => this.attempt(file.place, () => readOn(file)));
      if (!gotOn) break;
      this.delegations.putAwayOld(this.windows.open.keepFrom - dayMs, this.context.claimedNames);
    }
    for (const file of files) {
      this.attempt(file.place, () => {
        const read = file.readRest(this.windows.open.readFrom);
        this.newEvents += file.newEvents;
        this.tell(read.bad, file.place.file);
        if (read.cursor.line === null) this.tellCut(file.place.file);
        if (isKeepable(file.place.name)) this.files[file.place.name] = read;
      });
    }
  }

  private readCalls(name: string): void {
    const place = this.placeOf(name);
    const { path, file } = place;
    const { open, over, since } = this.windows;
    const look: LogLook = {
      path,
      name,
      ownerOf: ({ keys, agent }) => ownerName(this.delegations.resolve(keys), agent),
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
    this.attempt(place, () => {
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

  /** Whether the file could be read; why not is a problem. */
  private attempt({ path, file }: LogPlace, read: () => void): boolean {
    try {
      requireInside(path, [this.context.root]);
      if (!this.context.budget.allows(path)) return false;
      read();
      return true;
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
      const message = `${error.message}; expected JSON lines`;
      this.problems.push({ code: error.code, path: file, line: null, column: null, message });
      return false;
    }
  }

  private readonly onBytes = (count: number): void => this.context.onBytes?.(count);

  private placeOf(name: string): LogPlace {
    return { path: join(this.context.root, logsFolder, name), file: join(logsFolder, name), name };
  }

  private toStream(file: string, owner: string, stream: LogStream): Stream {
    const keys = this.delegations.resolve(stream.keys);
    const { agent } = stream;
    return {
      ...nothingMore,
      key: `agent_logs:${basename(file)}:${owner}`,
      source: "agent_logs",
      kind: "log",
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

function ownerName(keys: Names, agent: string | null): string {
  return keys.taskId ?? keys.requestId ?? keys.sessionId ?? keys.worktree ?? `agent ${plainKey(agent ?? "")}`;
}
