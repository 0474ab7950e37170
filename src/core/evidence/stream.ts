import type { Names } from "../claims/names.ts";
import { awakeMs, clockToleranceMs, type Gap, latest } from "../text/time.ts";
import type { Activity, Waiting } from "./activity.ts";
import type { Outcome } from "./agent-event.ts";

/** A system that leaves evidence, by the word used in JSON: `opencode`, `claude_code`. The registry knows which there are. */
export type SourceId = string;

/** What a stream was read from: an agent's transcript, a log of its launcher, or the files that it changed. */
export type StreamKind = "transcript" | "log" | "files";

/** Whether a process lives, from what, and what to say about it. */
export type Liveness = {
  readonly state: "alive" | "gone" | "unknown";
  readonly pid: number | null;
  /** For people: `pid 48213 does not exist`, `thread lock is held by pid 17009`. */
  readonly says: string;
  /** Concluded from not finding it: a claimed process that is seen to live is believed instead. */
  readonly isInferred?: boolean;
  /** No absence: it wrote its own last record, or a later process of its agent works where it did. */
  readonly isProven?: boolean;
  /** It was looked for and not seen, and its work goes on all the same. */
  readonly isUnseen?: boolean;
};

/**
 * What somebody other than the agent itself said about a piece of work: a parent session was told that it completed, a
 * tool reported it cancelled. Weaker than evidence, stronger than nothing.
 */
export type Claim = {
  /** For people: `parent session`, `background_output`. */
  readonly by: string;
  readonly says: "open" | Outcome;
  /** The word that stood there. */
  readonly word: string;
  readonly at: number | null;
  readonly file: string | null;
  readonly line: number | null;
};

/** One session or log of one source: whose it is, and its events folded. */
export type Stream = {
  /** Unique over all sources and stable over time: `claude_code:<session id>`. */
  readonly key: string;
  readonly source: SourceId;
  readonly kind: StreamKind;
  /** The file or database to name as evidence; absolute. */
  readonly file: string;
  /** All that is known of whose work it is; `worktree`: the absolute path of the one that the session was started in. */
  readonly identity: Names;
  /** The `key` of the stream that launched this one; such a stream hangs below it. */
  readonly parentKey: string | null;
  /**
   * `task`: background work that is reported even if nothing else speaks of it. `evidence`: only joins tasks known from
   * elsewhere, or its worktree's.
   */
  readonly role: "task" | "evidence";
  readonly title: string | null;
  readonly branch: string | null;
  readonly agent: { readonly kind: string; readonly name: string | null };
  readonly activity: Activity;
  /** The words that open the session in its agent; null where there are none. */
  readonly resume: readonly string[] | null;
  /** A turn that is over waits for a person's next prompt. */
  readonly isInteractive: boolean;
  readonly liveness: Liveness | null;
  /** Something open that the files outside the transcript tell (a registry's permission prompt). */
  readonly waiting: Waiting | null;
  /** When its living process last showed that it went on (a registry's change to "busy"); epoch milliseconds. */
  readonly stirredAt?: number | null;
  /** Something still works although the turn is over (a background shell), or the agent is known to be busy: what it is. */
  readonly busyWith: string | null;
  /** That may be silent for as long as it lasts: a server, a watch on something outside. */
  readonly mayBeSilent?: boolean;
  /** Its process crashed and somebody is about to start it again: what there is to say of it. */
  readonly restarting?: string | null;
  readonly claims: readonly Claim[];
  /** Facts worth a line of detail that fit nowhere else; for people. */
  readonly notes: readonly string[];
};

/** The parts of a stream of which a source knows nothing. */
export const nothingMore = {
  parentKey: null,
  resume: null,
  title: null,
  branch: null,
  isInteractive: false,
  liveness: null,
  waiting: null,
  busyWith: null,
  restarting: null,
  claims: [],
  notes: [],
} as const satisfies Partial<Stream>;

/** A transcript (0) says more than a launcher's log (1), which says more than changed files (2). */
export const kindRank = { transcript: 0, log: 1, files: 2 } as const satisfies Record<StreamKind, number>;

/** What a stream's work is called: its title, else the first thing that it was asked. */
export function nameOfWork({ title, activity }: Stream): string | null {
  return title ?? activity.firstPrompt;
}

/** The stream that was active last; null where none was. `now` in epoch milliseconds. */
export function latestStream(streams: readonly Stream[], now: number): Stream | null {
  let best: Stream | null = null;
  let bestAt = Number.NEGATIVE_INFINITY;
  for (const stream of streams) {
    const at = activeAt(stream.activity, now);
    if (at === null || at <= bestAt) continue;
    best = stream;
    bestAt = at;
  }
  return best;
}

/**
 * When it was last active, up to `now`. A clock that runs ahead must not keep a task alive for ever: beyond the tolerance only what
 * happened by `now` counts.
 */
export function activeAt(activity: Activity, now: number): number | null {
  const { lastActivityAt: at, startedAt, lastUserMessageAt, calls, openCalls } = activity;
  if (at === null || at <= now + clockToleranceMs) return at === null ? null : Math.min(at, now);
  const times = [
    startedAt,
    lastUserMessageAt,
    ...calls.flatMap((call) => [call.startedAt, call.endedAt]),
    ...openCalls.map((call) => call.startedAt),
  ];
  return latest(times.filter((time) => time !== null && time <= now));
}

/** The words for a stream's kind in evidence rows. */
const kindWords = {
  transcript: "transcript",
  log: "agent_logs",
  files: "worktree_files",
} as const satisfies Record<StreamKind, string>;

/** How long it has been silent at `now`, `gaps` left out; from its next try on where one was announced. */
export function idleOf(stream: Stream | null, now: number, gaps: readonly Gap[]): number | null {
  const at = stream === null ? null : activeAt(stream.activity, now);
  if (stream === null || at === null) return null;
  return awakeMs(Math.min(now, Math.max(at, stream.activity.retries?.nextAt ?? at)), now, gaps);
}

/** Where a thing stands that a stream shows. */
export function originOf({ kind, file }: Stream, at: number | null, line: number | null): Origin {
  return { source: kindWords[kind], file, line, at };
}

/** Where a finding was read. `source` is a file's short name or the kind of evidence; `file` as the source names it. */
export type Origin = {
  readonly source: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly at: number | null;
};
