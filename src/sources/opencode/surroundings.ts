import type { Problem } from "../../core/problem.ts";
import type { Worktree } from "../../io/worktrees.ts";
import type { Budget } from "../budget.ts";
import type { Heartbeat } from "./heartbeats.ts";
import type { KeptSessions } from "./kept-sessions.ts";
import type { JudgeLiveness } from "./liveness.ts";
import type { FailedRequest } from "./log-tail.ts";
import type { Selection } from "./rows.ts";

/** What is looked up beside the store. */
export type Surroundings = {
  readonly root: string;
  readonly now: number;
  readonly worktrees: readonly Worktree[];
  readonly claimedSessions: ReadonlyMap<string, Worktree>;
  readonly selection: Selection;
  /** By folder. */
  readonly heartbeats: ReadonlyMap<string, Heartbeat>;
  failedRequests(): readonly FailedRequest[];
  readonly liveness: JudgeLiveness;
  /** A session's directory with its symlinks resolved. */
  folderOf(directory: string): string;
  readonly problems: Problem[];
  /** Events after this are new; epoch milliseconds. */
  readonly seenUntil: number;
  readonly kept: KeptSessions;
  readonly budget: Budget;
};
