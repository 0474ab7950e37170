import { resolve } from "node:path";
import { realPath, worktreeNamed } from "../../io/worktrees.ts";
import type { SourceContext } from "../source.ts";

/** The worktree that a record names by path or by folder name; null when there is none such. */
export function findWorktree(
  context: Pick<SourceContext, "root" | "worktrees">,
  written: string,
): string | null {
  const path = realPath(resolve(context.root, written));
  return worktreeNamed(context.worktrees, { path, name: written.replace(/\/+$/, "") })?.path ?? null;
}
