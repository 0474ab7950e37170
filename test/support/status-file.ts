import { readStatusFiles } from "../../src/io/status-files.ts";
import { now } from "./sample-clock.ts";
import type { Workspace } from "./workspace.ts";

/** A status file as it should be. */
export const validStatus = JSON.stringify({
  status: "running",
  timestamp: "2026-11-22T14:03:20.000Z",
  updatedAt: "2026-11-22T14:29:40.000Z",
  taskId: "bg_é1",
  steps: { done: 2, total: 5 },
});

/** The status files of a project. */
export const readStatus = (workspace: Workspace, ...patterns: readonly string[]) =>
  readStatusFiles(workspace.root, patterns, now);
