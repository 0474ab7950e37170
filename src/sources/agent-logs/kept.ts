import { numberIn } from "../../core/text/fields.ts";
import type { FileCursor } from "../../io/tail.ts";
import type { BadLines } from "./bad-lines.ts";
import type { PackedNames } from "./far-names.ts";
import type { LinePlace, LogStream } from "./log-streams.ts";
import type { PackedHalves } from "./packed-delegations.ts";

/** Raised whenever what is kept, or what an `Activity` means, changes. */
export const keptVersion = 10;

/** One log file after a look. */
export type KeptFile = {
  readonly cursor: FileCursor;
  readonly pending: readonly (LinePlace & { readonly names: readonly string[] })[];
  readonly bad: BadLines;
  /** Of the last line with a time. */
  readonly hour: number | null;
  readonly streams: Readonly<Record<string, LogStream>>;
};

/** What this source keeps between looks. `keepFrom`: streams that fell silent before it were left out;
 * `since`: of tasks that ended before it, those that fell silent before it. */
export type Kept = {
  readonly version: typeof keptVersion;
  readonly keepFrom: number;
  readonly since: number;
  /** Those that ended long ago are only kept while something names them. */
  readonly delegations: PackedHalves;
  readonly far: PackedNames;
  /** Names that were looked for among the far ones: all that has them is kept. */
  readonly lookedUp: readonly string[];
  readonly files: Readonly<Record<string, KeptFile>>;
};

/** Whether this is what a look kept: this program wrote it, and the checkpoint's hash vouches for what is inside. */
export function isKept(value: unknown): value is Kept {
  return numberIn(value, "version") === keptVersion;
}
