import { z } from "zod";
import type { Activity } from "../../core/activity.ts";
import { FileCursor } from "../../io/tail.ts";
import { BadLines } from "./bad-lines.ts";
import { PackedNames } from "./far-names.ts";
import { PackedHalves } from "./packed-delegations.ts";

/** Raised whenever what is kept, or what an `Activity` means, changes. */
export const keptVersion = 9;

const id = z.string().nullable();

/** One log file after a look. Written by this program only; the checkpoint's hash vouches for what is inside. */
export const KeptFile = z.object({
  cursor: FileCursor,
  pending: z.array(
    z.object({
      offset: z.number().int().nonnegative(),
      line: z.number().int().nonnegative(),
      names: z.array(z.string()),
    }),
  ),
  bad: BadLines,
  /** Of the last line with a time. */
  hour: z.number().nullable(),
  streams: z.record(
    z.string(),
    z.object({
      keys: z.object({ taskId: id, requestId: id, sessionId: id, worktree: id }),
      agent: id,
      beganAt: z.number(),
      lastAt: z.number(),
      activity: z.custom<Activity>((value) => typeof value === "object" && value !== null),
    }),
  ),
});
export type KeptFile = z.infer<typeof KeptFile>;

/** What this source keeps between looks. `keepFrom`: streams that fell silent before it were left out;
 * `since`: of tasks that ended before it, those that fell silent before it. */
export const Kept = z.object({
  version: z.literal(keptVersion),
  keepFrom: z.number(),
  since: z.number(),
  /** Those that ended long ago are only kept while something names them. */
  delegations: PackedHalves,
  far: PackedNames,
  /** Names that were looked for among the far ones: all that has them is kept. */
  lookedUp: z.array(z.string()),
  files: z.record(z.string(), KeptFile),
});
export type Kept = z.infer<typeof Kept>;
