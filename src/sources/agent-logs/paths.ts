import { join, resolve } from "node:path";
import { realPath, worktreeNamed } from "../../io/worktrees.ts";
import type { SourceContext } from "../source.ts";

/** Where the project keeps its logs, from the root. */
export const logsFolder = join(".agents", "logs");
/** The monitor's own log, which lies among them. */
export const eventLogName = "background_monitoring.jsonl";

/** Whether `path` is a log called `name`, or an archived part of it. */
export function isNamed(path: string, name: string): boolean {
  const file = path.split("/").at(-1) ?? "";
  const [stem] = name.split(".");
  return new RegExp(`^${stem}([._-][\\w.-]*)?\\.jsonl(\\.\\d+)?(\\.gz)?$`).test(file);
}

/** The worktree that a record names by path or by folder name; null when there is none such. */
export function findWorktree(
  context: Pick<SourceContext, "root" | "worktrees">,
  written: string,
): string | null {
  const path = realPath(resolve(context.root, written));
  return worktreeNamed(context.worktrees, { path, name: written.replace(/\/+$/, "") })?.path ?? null;
}
