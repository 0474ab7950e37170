import { lstatSync } from "node:fs";
import type { Delegation } from "../core/claims/delegation.ts";
import type { SourceId, Stream, StreamKind } from "../core/evidence/stream.ts";
import type { Problem } from "../core/text/problem.ts";
import { isNewerGeneration } from "../core/text/version.ts";
import type { Processes } from "../io/processes/processes.ts";
import type { Worktree } from "../io/worktrees.ts";
import { type Budget, openBudget } from "./budget.ts";

/** A log that a launcher redirected an agent's own output into: `.agents/logs/<name>.jsonl`. */
export type LauncherLog = { readonly path: string; readonly first: unknown };

/**
 * What a source gets to look with. It reads below the agent's own folders, the project's `.agents/logs` and its worktrees,
 * writes nothing, and sends nothing.
 */
export type SourceContext = {
  /** The project, absolute, symlinks resolved. */
  readonly root: string;
  /** Every worktree of the project that can hold a background agent, absolute, symlinks resolved; the main checkout is not among them. */
  readonly worktrees: readonly Worktree[];
  /** Session id → worktree, where a status file names the session: it is that worktree's wherever it was started. */
  readonly claimedSessions: ReadonlyMap<string, Worktree>;
  /** Paths of the worktrees whose status file says that their work ended before `since`. */
  readonly endedWorktrees: ReadonlySet<string>;
  /** What status files name (`core/claims/names.ts`). */
  readonly claimedNames: ReadonlySet<string>;
  /** The variables that say where agents keep their files. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Work that ended or fell silent before this need not be read; epoch milliseconds. */
  readonly since: number;
  readonly processes: Processes;
  /** What launchers redirected into the project's logs, whosoever it is. */
  readonly logs: readonly LauncherLog[];
  /** Asked before each log or session; it names what had to be left out. */
  readonly budget: Budget;
  /** What this source returned as `checkpoint` last time; null on the first run. Anything it does not know is ignored. */
  readonly checkpoint: unknown;
  /** Told of bytes read, so that long work can show itself. */
  readonly onBytes?: ((count: number) => void) | undefined;
};

/**
 * What a source found. `absent`: the agent was never used here; `denied`: its folder may not be read; `failed`: it could
 * not be understood. `reason` says why in words for the last two. One bad file is a problem, not a failed source.
 */
export type SourceReading = {
  readonly outcome: "read" | "absent" | "denied" | "failed";
  readonly reason: string | null;
  readonly streams: readonly Stream[];
  readonly delegations: readonly Delegation[];
  readonly problems: readonly Problem[];
  /** Events folded in by this look. */
  readonly newEvents: number;
  readonly skippedLines: number;
  /** What a reader of the report should know and that belongs to no task; for people. */
  readonly notes?: readonly string[];
  /** The newest version of its agent that wrote here; null where the files do not say. */
  readonly newestVersion?: string | null;
  /** Plain JSON: where to go on next time. null: always reads anew. */
  readonly checkpoint: unknown;
};

/**
 * One system that leaves evidence: all that the rest of the program asks about it stands here. The declaration itself is
 * light; `collect` loads the code that reads, and never throws for what is on disk.
 */
export type Source = {
  readonly id: SourceId;
  readonly kind: StreamKind;
  /** Where its agent leaves files, absolute; where none of them exists it was never used. Without: always looked at. */
  readonly homes?: (env: SourceContext["env"]) => readonly string[];
  /** Whether its agent runs on this machine, wherever it may leave files. */
  readonly isRunning?: (processes: Processes) => boolean;
  /** Whether a launcher's log that begins with this record is its agent's own output. */
  readonly ownsLog?: (first: unknown) => boolean;
  /** Ends of paths of files that hold its agent's credentials: no part of the program opens one. */
  readonly neverOpened?: readonly string[];
  /** The newest version whose files were seen when this was written. */
  readonly newestSeen?: string;
  /** The words that open a session of its agent for a person. */
  readonly resume?: (sessionId: string) => readonly string[];
  collect(context: SourceContext): Promise<SourceReading>;
};

const nothing = {
  streams: [],
  delegations: [],
  problems: [],
  newEvents: 0,
  skippedLines: 0,
  checkpoint: null,
} as const;

/** The reading of a source whose agent was never used here. */
export const absent: SourceReading = { outcome: "absent", reason: null, ...nothing };

/** The reading of a source that exists and cannot be read. */
export function unread(outcome: "denied" | "failed", reason: string): SourceReading {
  return { outcome, reason, ...nothing };
}

/** The beginning of the reason of a source that failed by our own fault. */
export const internalError = "internal error";

/**
 * What one source found within its budget. A fault of ours in it must not hide what the others saw: it is a failed row.
 * @throws what the source threw over a checkpoint: without it, it may find its way.
 */
export async function collect(source: Source, context: Omit<SourceContext, "budget">) {
  const { id, kind, resume } = source;
  const reading = await readingOf(source, context);
  return {
    id,
    kind,
    newestVersion: null,
    ...reading,
    streams: reading.streams.map((stream) => {
      const { sessionId } = stream.identity;
      return { ...stream, resume: sessionId === null ? null : (resume?.(sessionId) ?? null) };
    }),
    notes: [...(reading.notes ?? []), ...generationNotes(source, reading)],
  };
}

async function readingOf(source: Source, context: Omit<SourceContext, "budget">): Promise<SourceReading> {
  if (!isUsed(source, context)) return absent;
  const budget = openBudget();
  try {
    const reading = await source.collect({ ...context, budget });
    return { ...reading, problems: [...reading.problems, ...budget.problems(context.root)] };
  } catch (error) {
    if (context.checkpoint !== null) throw error;
    return unread("failed", `${internalError}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// Most projects know one agent or two, and loading the code of all takes longer than a look at a small project.
function isUsed(
  { homes, ownsLog, isRunning }: Source,
  { env, logs, processes }: Pick<SourceContext, "env" | "logs" | "processes">,
): boolean {
  if (homes === undefined || homes(env).some(exists) || isRunning?.(processes) === true) return true;
  return ownsLog !== undefined && logs.some(({ first }) => ownsLog(first));
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    // What may not be looked at is the source's to tell.
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function generationNotes({ id, newestSeen }: Source, { newestVersion }: SourceReading): readonly string[] {
  if (newestVersion == null || newestSeen === undefined || !isNewerGeneration(newestVersion, newestSeen))
    return [];
  const agent = id.replaceAll("_", " ");
  return [`${agent} ${newestVersion} is newer than any that was seen (${newestSeen}): it may be misread`];
}

/** Of streams with the same key (a session that was archived, copied or logged twice) the one that was active last. */
export function newestPerKey(streams: readonly Stream[]): readonly Stream[] {
  const newest = new Map<string, Stream>();
  for (const stream of streams) {
    const known = newest.get(stream.key);
    if (known === undefined || lastAt(stream) > lastAt(known)) newest.set(stream.key, stream);
  }
  return [...newest.values()];
}

function lastAt({ activity }: Stream): number {
  return activity.lastActivityAt ?? 0;
}
