import { type Found, joinTasks, type Task } from "../../src/core/join/task.ts";
import { root } from "./sample-task.ts";

/** What is found, joined; every worktree is found below `.worktrees` but the one called `nowhere`. */
export const join = (given: Partial<Found>) =>
  joinTasks({
    readings: [],
    delegations: [],
    streams: [],
    processes: new Map(),
    resolveWorktree: (written) => (written === "nowhere" ? null : `${root}/.worktrees/${written}`),
    ...given,
  });

export const taskOf = (given: Partial<Found>, id: string | null = "bg_1"): Task | undefined =>
  join(given).tasks.find((task) => task.id === id);
