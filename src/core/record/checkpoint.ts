import { type Fields, fieldOf, numberIn, ownValue, recordOf, stringIn } from "../text/fields.ts";
import { isKeepable, plainKey } from "../text/safe-text.ts";

/**
 * What each source wants to find again at the next look. Only a cache: a look without it takes longer and finds the
 * same. It stands for one project and one version of the monitor; all else that a look depends on (worktrees, patterns,
 * homes, `--since`) the sources compare themselves, since what they keep is kept by file and by time.
 */
export type Checkpoint = {
  readonly version: 1;
  /** The program that made it: another one may read the same records in another way. */
  readonly monitor: string;
  /** A `plainKey`. */
  readonly root: string;
  /** When the look was; an earlier one has no use for what a later one kept. Epoch milliseconds. */
  readonly now: number;
  readonly sources: Fields;
};

/** Reads a checkpoint; null for what is none, or of another version. What its sources kept is theirs to tell. */
export function parseCheckpoint(value: unknown): Checkpoint | null {
  const [monitor, root, now] = [stringIn(value, "monitor"), stringIn(value, "root"), numberIn(value, "now")];
  const sources = recordOf(fieldOf(value, "sources"));
  if (numberIn(value, "version") !== 1 || sources === null) return null;
  if (monitor === undefined || root === undefined || now === undefined) return null;
  return { version: 1, monitor, root, now, sources };
}

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

/** How deep below the sources the state of one file stands. */
const fileDepth = 2;

/**
 * What holds a secret, or what may not be printed, is not kept: the state of that file alone, which is then read anew. `before`:
 * what the last run kept; what is handed on of it as it was read was looked at then.
 */
export function withoutSecrets(checkpoint: Checkpoint, before: Checkpoint["sources"] = {}): Checkpoint {
  return { ...checkpoint, sources: keepable(checkpoint.sources, before, fileDepth) };
}

function keepable(record: Fields, before: Fields | null, depth: number): Fields {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]): [string, unknown][] => {
      const known = before === null ? undefined : ownValue(before, key);
      if (known !== undefined && known === value) return [[key, value]];
      const inner = depth === 0 ? null : recordOf(value);
      if (inner === null) return isKeepable([key, value]) ? [[key, value]] : [];
      return isKeepable(key) ? [[key, keepable(inner, recordOf(known), depth - 1)]] : [];
    }),
  );
}
