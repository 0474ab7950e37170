import type { Stats } from "node:fs";
import { fieldOf, recordOf } from "../core/fields.ts";
import { isKeepable } from "../core/plain-text.ts";
import type { TaskStatus } from "../core/task-status.ts";
import type { StatusFileRead } from "./status-file.ts";

/** A status file without trouble. This program wrote it, and the checkpoint's hash vouches for what is inside. */
type KeptStatus = { readonly state: State; readonly status: TaskStatus };
/** By path. */
export type KeptStatuses = Record<string, KeptStatus>;

/** A file changed so shortly before it was read may change again without a new time. */
const settleMs = 2_000;

/** What is kept of status files between looks, so that those of months are not parsed again. */
export class KeptStatusFiles {
  readonly next: KeptStatuses = {};

  /** `kept`: what the last look returned as `next`; `clock`: the time of the disk, epoch milliseconds. */
  constructor(
    private readonly kept: unknown,
    private readonly clock: number,
  ) {}

  /** What the file says, when it is the same as at the last look. */
  recall(path: string, stats: Stats): TaskStatus | null {
    const found = fieldOf(this.kept, path);
    if (!isKept(found) || !isSame(found.state, stateOf(stats))) return null;
    this.next[path] = found;
    return found.status;
  }

  /** Keeps what was read of a file; `stats` are from before it was read. */
  keep(path: string, { status, problems }: StatusFileRead, stats: Stats): void {
    if (status === null || problems.length > 0 || !stats.isFile() || !isKeepable(path)) return;
    if (stats.ctimeMs < this.clock - settleMs) this.next[path] = { state: stateOf(stats), status };
  }
}

/** Device, inode, size, and the times of the last change of content and of anything. */
type State = readonly [number, number, number, number, number];

function isKept(value: unknown): value is KeptStatus {
  return Array.isArray(fieldOf(value, "state")) && recordOf(fieldOf(value, "status")) !== null;
}

function stateOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): State {
  return [dev, ino, size, mtimeMs, ctimeMs];
}

function isSame(before: State, after: State): boolean {
  return after.every((value, index) => value === before[index]);
}
