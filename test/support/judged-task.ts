import type { TaskStatus } from "../../src/core/claims/task-status.ts";
import type { Task } from "../../src/core/join/task.ts";
import type { FindingCode } from "../../src/core/verdict/finding.ts";
import { sampleReading } from "./sample-task.ts";

/** A task and what is to be said of it. */
export type JudgedTask = readonly [name: string, task: Partial<Task>, code: FindingCode, basis: string];

/** A task whose status file has this problem. */
export const brokenClaim = (
  status: TaskStatus | null,
  code: "invalid_json" | "wrong_type" | "unknown_status",
) => ({
  status: {
    ...sampleReading("a"),
    status,
    problems: [{ code, path: ".worktrees/a/status.json", line: null, column: null, message: "is wrong" }],
  },
});
