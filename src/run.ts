import type { MonitoringEvent } from "./core/log/event.ts";
import type { News } from "./core/record/changed.ts";
import type { Checkpoint } from "./core/record/checkpoint.ts";
import type { HealthReport } from "./core/report/report.ts";
import type { Row } from "./core/report/task-row.ts";
import type { AssessOptions } from "./core/verdict/options.ts";

/** One run over one project. Times in epoch milliseconds, durations in milliseconds, paths absolute. */
export type RunRequest = AssessOptions & {
  readonly root: string;
  /** Where commands are pasted, if they can be: a path inside is shown from there. */
  readonly cwd: string | null;
  readonly worktreePatterns: readonly string[];
  readonly now: number;
  readonly sinceMs: number;
  readonly procfs: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runId: string;
  /** Whose confirmations and news these are. */
  readonly reader: string;
  readonly trigger: HealthReport["run"]["trigger"];
  readonly isCheck: boolean;
  /** Told of bytes read, so that long work can show itself. */
  readonly onBytes?: (count: number) => void;
  /** This run tells its reader what changed; the record then says what was told. */
  readonly tellsChanges?: boolean;
};

/** What one run found, and what there is to record of it. */
export type RunResult = {
  /** The project, absolute. */
  readonly root: string;
  /** What happened before was not looked at; epoch milliseconds. */
  readonly since: number;
  readonly report: HealthReport;
  readonly rows: readonly Row[];
  readonly news: News;
  /** What there is to record: whether its reader got what was to be told decides what counts as told. */
  readonly record: (isDelivered: boolean) => readonly MonitoringEvent[];
  /** Where the events belong; absolute. */
  readonly eventLog: string;
  /** Why the log that is there could not be read: what it tells is not known, so nothing may be added to it. */
  readonly eventLogTrouble: string | null;
  /** The events go on from what was read of the log. */
  readonly hasEventLog: boolean;
  /** What the next run can go on from, and where it belongs. */
  readonly checkpoint: Checkpoint;
  /** What the last run kept, as this one read it. */
  readonly keptBefore: Checkpoint["sources"];
  readonly checkpointFile: string;
};
