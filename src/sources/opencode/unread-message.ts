import type { Problem } from "../../core/problem.ts";

/** A session's newest message that is of no known shape. */
export function unreadMessage(path: string, id: string): Problem {
  const message = `${id}: expected a message with a role (damaged, or of a newer OpenCode)`;
  return { code: "unknown_format", path, line: null, column: null, message };
}
