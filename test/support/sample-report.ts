import { noHistory } from "../../src/core/log/history.ts";
import type { ReportContext } from "../../src/core/report/compose-report.ts";
import { formatTime } from "../../src/core/text/time.ts";
import { options, root } from "./sample-task.ts";

/** What a run at `at` knows beside its tasks: the first one of cron, which could read everything, unless `given` says otherwise. */
export function sampleContext(at: number, given: Partial<ReportContext> = {}): ReportContext {
  return {
    version: "1.0.0",
    now: at,
    options,
    history: noHistory,
    experience: new Map(),
    problems: [],
    isCheck: false,
    relativePath: (path) => path,
    pastedPath: (path) => path,
    run: {
      id: `run-${at}`,
      at: formatTime(at),
      host: "host",
      root,
      reader: "ada@host",
      trigger: "cron",
      duration_ms: 212,
      previous_run_at: null,
      interval_s: null,
      gap_s: null,
      missed_runs: null,
    },
    collected: {
      worktrees: 1,
      status_files: { pattern: "x", found: 1, invalid: 0, outcome: "read" },
      sources: [],
      processes: "read",
    },
    ...given,
  };
}
