import type { Stats } from "node:fs";
import { namesOfClaim } from "../core/claims/names.ts";
import type { StatusReading, TaskStatus } from "../core/claims/task-status.ts";
import { fieldOf, recordOf } from "../core/text/fields.ts";
import { latest } from "../core/text/time.ts";
import type { StatusFileRead } from "./status-file.ts";

/** A status file without trouble. This program wrote it, and the checkpoint's hash vouches for what is inside. */
type KeptStatus = { readonly state: State; readonly status: TaskStatus };
/** One that was put away: its state, the last time it tells, and what it names. */
type PutAway = readonly [...state: State, lastAt: number, names: readonly string[]];
/** By path. */
type Kept = { readonly files: Readonly<Record<string, KeptStatus>>; readonly ended: Ended };
type Ended = Readonly<Record<string, PutAway>>;

/** A file changed so shortly before it was read may change again without a new time. */
const settleMs = 2_000;

/** What is kept of status files between looks, so that those of months are neither parsed again nor looked at. */
export class KeptStatusFiles {
  private readonly files: Record<string, KeptStatus> = {};
  private readonly stillEnded: string[] = [];
  private readonly before: Ended;

  /** `kept`: what the last look returned as `next`; `clock`: the time of the disk, epoch milliseconds. */
  constructor(
    private readonly kept: unknown,
    private readonly clock: number,
  ) {
    const before = fieldOf(kept, "ended");
    this.before = isEnded(before) ? before : {};
  }

  /** What the file says, when it is the same as at the last look. */
  recall(path: string, stats: Stats): TaskStatus | null {
    const found = fieldOf(fieldOf(this.kept, "files"), path);
    if (!isKept(found) || !isSame(found.state, stats)) return null;
    this.files[path] = found;
    return found.status;
  }

  /** What a file names that is the same as when it was put away, and tells of nothing after `since`; null for any other. */
  recallEnded(path: string, stats: Stats, since: number): readonly string[] | null {
    const found = this.before[path];
    if (found === undefined || !isSame(found, stats)) return null;
    const [, , , , lastAt, names] = found;
    if (lastAt >= since) return null;
    this.stillEnded.push(path);
    return names;
  }

  /** Keeps what was read of a file; `stats` are from before it was read. */
  keep(path: string, { status, problems }: StatusFileRead, stats: Stats): void {
    if (status === null || problems.length > 0 || !stats.isFile()) return;
    if (stats.ctimeMs < this.clock - settleMs) this.files[path] = { state: stateOf(stats), status };
  }

  /** Plain JSON for the next look. Of `settled`, which ended and are named by nothing that goes on, little is kept. */
  next(settled: readonly StatusReading[]): Kept {
    const files = new Map(Object.entries(this.files));
    const putAway: [string, PutAway][] = [];
    for (const reading of settled) {
      const { path, status } = reading;
      const known = files.get(path);
      if (known === undefined || status === null) continue;
      const { createdAt, startedAt, updatedAt, completedAt } = status;
      const lastAt = latest([createdAt, startedAt, updatedAt, completedAt]) ?? this.clock;
      putAway.push([path, [...known.state, lastAt, namesOfClaim(reading)]]);
      files.delete(path);
    }
    const still = this.stillEnded.filter((path) => !files.has(path));
    // The same object stands for what was looked through for secrets before.
    const isSame = putAway.length === 0 && still.length === Object.keys(this.before).length;
    const ended = isSame
      ? this.before
      : Object.fromEntries([...still.flatMap((path) => namedIn(this.before, path)), ...putAway]);
    return { files: Object.fromEntries(files), ended };
  }
}

function namedIn(all: Ended, path: string): [string, PutAway][] {
  const found = all[path];
  return found === undefined ? [] : [[path, found]];
}

/** Inode, size, and the times of the last change of content and of anything. */
type State = readonly [number, number, number, number];

function isKept(value: unknown): value is KeptStatus {
  return Array.isArray(fieldOf(value, "state")) && recordOf(fieldOf(value, "status")) !== null;
}

function isEnded(value: unknown): value is Ended {
  const record = recordOf(value);
  return (
    record !== null && Object.values(record).every((each) => Array.isArray(each) && Array.isArray(each[5]))
  );
}

function stateOf({ ino, size, mtimeMs, ctimeMs }: Stats): State {
  return [ino, size, mtimeMs, ctimeMs];
}

function isSame(before: readonly unknown[], { ino, size, mtimeMs, ctimeMs }: Stats): boolean {
  return before[0] === ino && before[1] === size && before[2] === mtimeMs && before[3] === ctimeMs;
}
