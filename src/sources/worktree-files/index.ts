import type { Source } from "../source.ts";

/**
 * What changed in the worktrees themselves: evidence for any agent that leaves no transcript. It shows life and silence,
 * never success or failure. Git's layout as of 2.x: `.git` of a linked worktree points to its own HEAD, index and logs.
 */
export const worktreeFiles: Source = {
  id: "worktree_files",
  kind: "files",
  collect: async (context) => (await import("./session.ts")).readWorktrees(context),
};
