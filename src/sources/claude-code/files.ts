import { readdirSync } from "node:fs";
import { z } from "zod";
import { isKeepable } from "../../core/plain-text.ts";
import type { Problem } from "../../core/problem.ts";
import type { Stream } from "../../core/stream.ts";
import { cutNotes, type Followed, follow } from "../followed-file.ts";
import { followLog } from "../launcher-log.ts";
import { problemAt } from "../problem-at.ts";
import type { SourceContext, SourceReading } from "../source.ts";
import { dialectOf, type FileKind } from "./dialect.ts";
import type { TranscriptState } from "./transcript-state.ts";

const keptVersion = 2;
const Checkpoint = z.object({ version: z.literal(keptVersion), files: z.record(z.string(), z.unknown()) });

/** A file read to its end. */
export type FileRead = Pick<Followed<TranscriptState>, "activity" | "memory">;

/** Reads files from where the last look ended and keeps where this one did. */
export class Files {
  private readonly kept: Readonly<Record<string, unknown>>;
  private readonly next: Record<string, unknown> = {};
  private readonly problems: Problem[] = [];
  private newEvents = 0;
  private skippedLines = 0;
  private cutFiles = 0;

  constructor(private readonly context: SourceContext) {
    const checkpoint = Checkpoint.safeParse(context.checkpoint);
    this.kept = checkpoint.success ? checkpoint.data.files : {};
  }

  read(path: string, kind: FileKind): FileRead | null {
    const { now } = this.context;
    const followFile = kind === "log" ? followLog : follow;
    const followed = followFile(path, this.context, dialectOf(kind, now), this.kept[path]);
    // It was there a moment ago: a session that is just being removed.
    if (followed === null) return null;
    if ("problem" in followed) {
      this.problems.push(followed.problem);
      return null;
    }
    if (isKeepable([path, followed.memory])) this.next[path] = followed.kept;
    this.newEvents += followed.newEvents;
    this.skippedLines += followed.skippedLines;
    if (followed.isCut) this.cutFiles += 1;
    this.problems.push(...followed.problems);
    return followed;
  }

  /** The names in a folder, sorted; none when it is not there. One that may not be listed is a problem. */
  list(folder: string): string[] {
    try {
      return readdirSync(folder).sort();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR")
        this.problems.push(
          problemAt("unreadable", folder, this.context.root, null, `cannot be listed (${code})`),
        );
      return [];
    }
  }

  /** All of the reading, with the streams made of what was read. */
  reading(streams: readonly Stream[], problems: readonly Problem[]): SourceReading {
    return {
      outcome: "read",
      reason: null,
      streams,
      delegations: [],
      problems: [...problems, ...this.problems],
      newEvents: this.newEvents,
      skippedLines: this.skippedLines,
      notes: cutNotes(this.cutFiles),
      checkpoint: { version: keptVersion, files: this.next },
    };
  }
}
