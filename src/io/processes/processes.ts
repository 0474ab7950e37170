/**
 * What is known of one process. `unknown`: the facts cannot be read, never "gone". `startTicks` is field 22 of
 * `/proc/<pid>/stat`; `startedAt` in epoch milliseconds.
 */
export type ProcessFact = {
  readonly state: "alive" | "gone" | "unknown";
  readonly startTicks: string | null;
  readonly startedAt: number | null;
  /** The program's short name. */
  readonly command: string | null;
  /** For people: `pid 48213 does not exist`, `pid 48213 is a zombie`. */
  readonly says: string;
};

/** The machine's processes, looked at lazily and once each. */
export type Processes = {
  readonly outcome: "read" | "absent" | "denied";
  /** Epoch milliseconds. */
  readonly bootedAt: number | null;
  /** The namespace that the looked-at pids belong to, `pid:[4026531836]`; null where it cannot be told. */
  readonly pidNamespace: string | null;
  look(pid: number): ProcessFact;
  /** The words it was started with, its program's name first; null where they cannot be read. */
  words(pid: number): readonly string[] | null;
  /** Every process there is; null when processes cannot be listed. */
  list(): readonly number[] | null;
  /** The processes that `pid` has started and that live; null when that cannot be told. */
  childrenOf(pid: number): readonly number[] | null;
  /** Inode → pid of every lock in `/proc/locks`; null when it cannot be read. */
  lockHolders(): ReadonlyMap<string, number> | null;
  /** Which processes hold which files open; null when processes cannot be listed. */
  openFiles(): ProcessPaths | null;
  /** Which processes work in which folders; null when processes cannot be listed. */
  workingFolders(): ProcessPaths | null;
};

/**
 * Path → pids. `unseen` names the programs that would not show theirs (another user's, hardened ones), `?` where even
 * that is not known: a path that is not in `pids` is held by nobody else.
 */
export type ProcessPaths = {
  readonly pids: ReadonlyMap<string, readonly number[]>;
  readonly unseen: ReadonlySet<string>;
};
