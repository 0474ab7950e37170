import { join } from "node:path";
import type { StatusReading } from "../core/claims/task-status.ts";
import { parseTaskStatus, type ReadAt } from "../core/claims/task-status.ts";
import { parseJson, recordOf } from "../core/text/fields.ts";
import type { Problem } from "../core/text/problem.ts";
import { findJsonError } from "./json-position.ts";
import { requireInside } from "./links.ts";
import { NotReadable, readSmallFile } from "./open-file.ts";

/** A status file holds a few hundred bytes; one beyond this is something else. */
const maxStatusBytes = 1024 * 1024;

/** What stands in a status file, or why it could not be read. */
export type StatusFileRead = Pick<StatusReading, "status" | "problems" | "lastKnown">;

/** Reads the status file at `path`, relative to the root; null when it is gone; a link (`isLink`) is there, and leads nowhere. */
export function readStatusFile(
  root: string,
  path: string,
  at: ReadAt,
  isLink: boolean,
): StatusFileRead | null {
  const problem = (
    code: Problem["code"],
    message: string,
    line: number | null = null,
    column: number | null = null,
  ) => ({ status: null, problems: [{ code, path, line, column, message }] });
  let bytes: Buffer;
  try {
    bytes = readClaim(root, path);
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    if (error.code === "vanished" && !isLink) return null;
    if (error.code === "vanished")
      return problem("dangling_link", "is a link to nothing; expected a file with a JSON object");
    if (error.code === "too_large")
      return problem("too_large", "is larger than 1 MiB; expected a small JSON object");
    return problem(error.code, `${error.message}; expected a file with a JSON object`);
  }
  if (bytes.length === 0) return problem("empty", "is empty; expected a JSON object");
  const text = decode(bytes);
  if (text === null) return problem("not_utf8", "is not UTF-8 text; expected a JSON object");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const where = findJsonError(text);
    const expected = `expected ${where?.expected ?? "JSON"} (half written?)`;
    const unread = problem("invalid_json", expected, where?.line, where?.column);
    const lastKnown = identityIn(text);
    return lastKnown === null ? unread : { ...unread, lastKnown };
  }
  return parseTaskStatus(value, path, at);
}

// A file is written from its beginning on, so that whose it is often stands there already.
function identityIn(text: string): NonNullable<StatusFileRead["lastKnown"]> | null {
  const end = text.lastIndexOf(",");
  const fields = end === -1 ? null : recordOf(parseJson(`${text.slice(0, end)}}`));
  if (fields === null) return null;
  const { status } = parseTaskStatus(fields, "", { now: 0, writtenAt: null });
  if (status?.taskId == null) return null;
  return { taskId: status.taskId, title: status.title ?? "Task", sessionId: status.sessionId };
}

/** Whether its writer may not be done with it. */
export function isMaybeHalfWritten({ problems }: StatusFileRead): boolean {
  return problems.some(({ code }) => code === "invalid_json" || code === "empty" || code === "not_utf8");
}

/** The file's bytes. @throws {NotReadable} */
function readClaim(root: string, path: string): Buffer {
  requireInside(join(root, path), [root]);
  return readSmallFile(join(root, path), maxStatusBytes);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
