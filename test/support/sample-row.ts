import type { Task } from "../../src/core/join/task.ts";
import { type History, noHistory } from "../../src/core/log/history.ts";
import { type Row, toRow } from "../../src/core/report/task-row.ts";
import { formatTime } from "../../src/core/text/time.ts";
import { assess } from "../../src/core/verdict/health.ts";
import { now } from "./sample-clock.ts";
import { options, root, sampleTask } from "./sample-task.ts";

/** What is known beside the task. */
export type GivenRow = {
  readonly history?: History;
  readonly gaps?: readonly { from: number; to: number }[];
};

/** The row of a task that has nothing but what is given. */
export function rowOf(task: Partial<Task>, { history = noHistory, gaps = [] }: GivenRow = {}): Row {
  return toRow(assess(sampleTask(task), now, { ...options, gaps }), {
    now,
    history,
    experience: new Map(),
    relativePath: (path) => path.replace(`${root}/`, ""),
    pastedPath: (path) => path,
  });
}

/** The time `agoMs` before now, as a report writes it. */
export const ago = (agoMs: number) => formatTime(now - agoMs);
