import type { Gap } from "../text/time.ts";

/** What the user set. Durations in milliseconds. */
export type AssessOptions = {
  /** Tool failures in a row that mean struggling. */
  readonly failures: number;
  /** Silence that means stuck; twice that while a tool runs. */
  readonly stuckAfterMs: number;
  /** Time in these does not count as silence. */
  readonly gaps?: readonly Gap[];
  /** When this machine booted, where it is known: no process is older. */
  readonly bootedAt?: number | null;
  /** Each process that the run before missed → when a run missed it first. */
  readonly unseenSince?: ReadonlyMap<string, number>;
  /** The list of processes was read, and there is none. */
  readonly isNothingRunning?: boolean;
};

/** How long it may be silent while a tool runs: twice `--stuck-after`, in milliseconds. */
export function openToolSilenceMs({ stuckAfterMs }: Pick<AssessOptions, "stuckAfterMs">): number {
  return 2 * stuckAfterMs;
}
