import { plainPath, plainText } from "./plain-text.ts";
import type { Problem } from "./problem.ts";

/** Our own words around at most one text of a file. */
const messageLimit = 400;

/** A problem whose path and words are safe to print, whatever the file was called. */
export function plainProblem(problem: Readonly<Problem>): Problem {
  return { ...problem, path: plainPath(problem.path), message: plainText(problem.message, messageLimit) };
}

/** `path:line:column`, with what is known of it. */
export function problemPlace(problem: Readonly<Problem>): string {
  const line = problem.line === null ? "" : `:${problem.line}`;
  const column = problem.line === null || problem.column === null ? "" : `:${problem.column}`;
  return `${problem.path}${line}${column}`;
}
