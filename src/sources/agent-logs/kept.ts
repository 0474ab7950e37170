import { z } from "zod";
import type { Delegation } from "../../core/delegation.ts";
import { FileCursor } from "../../io/tail.ts";
import { BadLines } from "./bad-lines.ts";

const id = z.string().nullable();

/** One log file after a look; the activity of each stream as JSON, read only when it is needed. */
export const KeptFile = z.object({
  cursor: FileCursor,
  pending: z.array(z.object({ offset: z.number().int().nonnegative(), line: z.number().int().nullable() })),
  bad: BadLines,
  streams: z.record(
    z.string(),
    z.object({
      keys: z.object({ taskId: id, requestId: id, sessionId: id, worktree: id }),
      agent: id,
      beganAt: z.number(),
      lastAt: z.number(),
      json: z.string(),
    }),
  ),
});
export type KeptFile = z.infer<typeof KeptFile>;

// Written by this program only; the checkpoint's hash vouches for it.
const OwnDelegation = z.custom<Delegation>((value) => typeof value === "object" && value !== null);

/** What this source keeps between looks. `keepFrom`: streams that fell silent before it were left out;
 * `since`: of tasks that ended before it, those that fell silent a `gapMs` before it. */
export const Kept = z.object({
  version: z.literal(3),
  keepFrom: z.number(),
  since: z.number(),
  delegations: z.object({ requests: z.array(OwnDelegation), results: z.array(OwnDelegation) }),
  files: z.record(z.string(), KeptFile),
});
export type Kept = z.infer<typeof Kept>;
