import type { Stream } from "../../src/core/evidence/stream.ts";
import { agentLogs } from "../../src/sources/agent-logs/index.ts";
import { now } from "./sample-clock.ts";
import { sourceContext } from "./source-context.ts";
import { makeWorkspace, type Workspace } from "./workspace.ts";

/** RFC 3339, so many seconds before now. */
export const secondsAgo = (seconds: number) => new Date(now - seconds * 1_000).toISOString();

/** What the logs of a project with one worktree, `a`, tell. */
export function collectLogs({ root, path }: Workspace) {
  const worktrees = [{ path: path(".worktrees/a"), branch: null }];
  return agentLogs.collect(sourceContext(root, now, { worktrees, since: 0 }));
}

/** What one log of tool calls says of `bg_1`. */
export async function readCalls(...records: readonly unknown[]): Promise<Stream["activity"] | undefined> {
  const workspace = makeWorkspace();
  workspace.log("calls.jsonl", ...records);
  return (await collectLogs(workspace)).streams[0]?.activity;
}
/** A call of `bg_1`, so many seconds before now, of which nothing else is said. */
export const toolCall = (seconds: number, given: object = {}) => ({
  timestamp: secondsAgo(seconds),
  task_id: "bg_1",
  tool: "edit",
  ...given,
});
