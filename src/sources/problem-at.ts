import { isAbsolute, relative } from "node:path";
import type { Problem } from "../core/text/problem.ts";

/** What a path is not, as a problem. */
export function problemAt(
  code: Problem["code"],
  path: string,
  root: string,
  line: number | null,
  message: string,
): Problem {
  return { code, path: shownPath(path, root), line, column: null, message };
}

/** A path as people see it: from the root where it lies below it. */
function shownPath(path: string, root: string): string {
  const below = relative(root, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}
