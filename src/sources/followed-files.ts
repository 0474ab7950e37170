import { readdirSync, type Stats } from "node:fs";
import type { Stream } from "../core/evidence/stream.ts";
import { type Fields, ownValue, recordOf } from "../core/text/fields.ts";
import type { Problem } from "../core/text/problem.ts";
import { fileStatsOf, NotReadable } from "../io/open-file.ts";
import { cutNotes, type Dialect, type Followed, follow } from "./followed-file.ts";
import { problemAt } from "./problem-at.ts";
import type { SourceContext, SourceReading } from "./source.ts";

/** What one file says, read to its end. */
export type FileRead<Memory> = Pick<Followed<Memory>, "activity" | "memory">;

/** How a file is read: `follow`, or another way that gives the same. */
type Reader<Memory> = (kept: unknown) => Followed<Memory> | { readonly problem: Problem } | null;

/** The files of one source in one look: reads each from where the last look ended, counts, and keeps what may be kept. */
export class FollowedFiles {
  private readonly before: Fields;
  private readonly kept: Record<string, unknown> = {};
  readonly problems: Problem[] = [];
  private newEvents = 0;
  private skippedLines = 0;
  private cutFiles = 0;

  /** `version`: raised by the source whenever what it keeps, or what that means, changes; then nothing is gone on from. */
  constructor(
    private readonly context: SourceContext,
    private readonly version: number,
  ) {
    const saved = recordOf(context.checkpoint);
    this.before = (saved?.version === version ? recordOf(saved.files) : null) ?? {};
  }

  /** Reads an append-only file of JSON lines; null when it is gone, or cannot be read: that is a problem then. */
  follow<Memory>(path: string, dialect: Dialect<Memory>): FileRead<Memory> | null {
    return this.read(path, (kept) => follow(path, this.context, dialect, kept));
  }

  /** The same of a launcher's log: the source of these logs tells what is wrong with it. */
  followLog<Memory>(path: string, dialect: Dialect<Memory>): FileRead<Memory> | null {
    return this.read(path, (kept) => {
      const read = follow(path, this.context, dialect, kept);
      return read === null || "problem" in read ? null : { ...read, problems: [], skippedLines: 0 };
    });
  }

  /** Any other way to read a file. */
  read<Memory>(path: string, reader: Reader<Memory>): FileRead<Memory> | null {
    const read = reader(this.recall(path));
    if (read === null) return null;
    if ("problem" in read) {
      this.problems.push(read.problem);
      return null;
    }
    this.keep(path, read.kept);
    this.count(read.newEvents, read);
    if (read.isCut) this.cutFiles += 1;
    return read;
  }

  /** What the last run kept under a key; undefined where that was nothing. */
  recall(path: string): unknown {
    return ownValue(this.before, path);
  }

  /** Keeps what the next run needs of a file: the one way into the checkpoint, which takes nothing that holds a secret. */
  keep(path: string, state: unknown): void {
    this.kept[path] = state;
  }

  /** Adds what one file brought to the sums of this run. */
  count(
    newEvents: number,
    file: { readonly problems: readonly Problem[]; readonly skippedLines: number },
  ): void {
    this.problems.push(...file.problems);
    this.newEvents += newEvents;
    this.skippedLines += file.skippedLines;
  }

  /** The names in a folder, sorted; none when it is not there. One that may not be listed is a problem. */
  list(folder: string): string[] {
    try {
      return readdirSync(folder).sort();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") this.unreadable(folder, `cannot be listed (${code})`);
      return [];
    }
  }

  /** Facts about a file; null where there is none. Anything else in its place is a problem. */
  statsOf(path: string): Stats | null {
    try {
      return fileStatsOf(path);
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
      const problem = problemAt(error.code, path, this.context.root, null, error.message);
      // A folder may be listed for each of its sessions.
      if (!this.problems.some((told) => told.path === problem.path)) this.problems.push(problem);
      return null;
    }
  }

  /** A folder or file that could not be looked into. */
  unreadable(path: string, reason: string): void {
    this.problems.push(problemAt("unreadable", path, this.context.root, null, reason));
  }

  /** All of the reading. `more`: what else it has to say. */
  reading(
    streams: readonly Stream[],
    more: Pick<SourceReading, "notes" | "newestVersion"> = {},
  ): SourceReading {
    return {
      outcome: "read",
      reason: null,
      streams,
      delegations: [],
      problems: this.problems,
      newEvents: this.newEvents,
      skippedLines: this.skippedLines,
      notes: [...cutNotes(this.cutFiles), ...(more.notes ?? [])],
      newestVersion: more.newestVersion ?? null,
      checkpoint: { version: this.version, files: this.kept },
    };
  }
}
