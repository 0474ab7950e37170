import { z } from "zod";
import { plainKey } from "./plain-text.ts";

/**
 * What each source wants to find again at the next look. Only a cache: a look without it takes longer and finds the
 * same. It stands for one project and one version of the monitor; all else that a look depends on (worktrees, patterns,
 * homes, `--since`) the sources compare themselves, since what they keep is kept by file and by time.
 */
export const Checkpoint = z.object({
  version: z.literal(1),
  /** The program that made it: another one may read the same records in another way. */
  monitor: z.string(),
  /** A `plainKey`. */
  root: z.string(),
  /** When the look was; an earlier one has no use for what a later one kept. Epoch milliseconds. */
  now: z.number(),
  sources: z.record(z.string(), z.unknown()),
});
export type Checkpoint = Readonly<z.infer<typeof Checkpoint>>;

/** Whether a look of `monitor` at `root` at `now` (epoch milliseconds) may go on from `checkpoint`. */
export function isUsable(
  checkpoint: Checkpoint,
  look: { readonly monitor: string; readonly root: string; readonly now: number },
): boolean {
  return (
    checkpoint.monitor === look.monitor &&
    checkpoint.root === plainKey(look.root) &&
    checkpoint.now <= look.now
  );
}
