import type { Stats } from "node:fs";
import { z } from "zod";
import { isKeepable } from "../core/plain-text.ts";
import type { StatusReading, TaskStatus } from "../core/task-status.ts";

// What this program made of them before; `readCheckpoint` lets nothing through that may not be printed.
/** Status files without trouble, by path. */
const Kept = z.record(
  z.string(),
  z.object({
    state: z.string(),
    status: z.custom<TaskStatus>((value) => typeof value === "object" && value !== null),
  }),
);
export type KeptStatuses = z.infer<typeof Kept>;

/** A file changed so shortly before it was read may change again without a new time. */
const settleMs = 2_000;

/** What is kept of status files between looks, so that those of months are not parsed again. */
export class KeptStatusFiles {
  readonly next: KeptStatuses = {};
  private readonly known: KeptStatuses;

  /** `clock`: the time of the disk, epoch milliseconds. */
  constructor(
    kept: unknown,
    private readonly clock: number,
  ) {
    this.known = Kept.safeParse(kept).data ?? {};
  }

  /** What the file says, when it is the same as at the last look. */
  recall(path: string, stats: Stats): TaskStatus | null {
    const found = Object.hasOwn(this.known, path) ? this.known[path] : undefined;
    if (found === undefined || found.state !== stateOf(stats)) return null;
    this.next[path] = found;
    return found.status;
  }

  /** Keeps what was read of a file; `stats` are from before it was read. */
  keep({ path, status, problems }: StatusReading, stats: Stats): void {
    if (status === null || problems.length > 0 || !stats.isFile() || !isKeepable(path)) return;
    if (stats.ctimeMs < this.clock - settleMs) this.next[path] = { state: stateOf(stats), status };
  }
}

function stateOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(" ");
}
