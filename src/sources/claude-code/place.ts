import type { Activity } from "../../core/activity.ts";
import type { TranscriptState } from "./transcript-state.ts";

/** Where a record stands: its time, its line, and what was folded before it. */
export type Place = {
  readonly at: number;
  readonly line: number | null;
  readonly activity: Readonly<Activity>;
  readonly state: TranscriptState;
  /** The file is a sub-agent's own: all of its records are side-chain records. */
  readonly isSubAgent: boolean;
};
