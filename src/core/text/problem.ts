import { plainPath, plainText } from "./safe-text.ts";

/** What kind of thing could not be read. A closed list: scripts switch on it. */
export const problemCodes = [
  "unreadable",
  "not_a_file",
  "vanished",
  "dangling_link",
  "outside_root",
  "too_large",
  "empty",
  "not_utf8",
  "invalid_json",
  "wrong_type",
  "unknown_status",
  "implausible_time",
  "duplicate_id",
  "bad_line",
  "line_too_long",
  "torn_line",
  "over_budget",
  "unknown_format",
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/**
 * Something that could not be read. `path` is relative to the root where it lies below it; `line` and `column` count
 * from 1; `message` says what was expected.
 */
export type Problem = {
  code: ProblemCode;
  path: string;
  line: number | null;
  column: number | null;
  message: string;
};

/** Whether what was found wrong costs one value, not the input it stands in: the rest was read and is used. */
export function isOddity(code: ProblemCode): boolean {
  return code === "wrong_type" || code === "implausible_time" || code === "duplicate_id";
}

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
