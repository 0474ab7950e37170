import { z } from "zod";
import { parseJson } from "../../core/parse-json.ts";
import { parseMessage, parsePart } from "./bodies.ts";
import { rowTimes } from "./row-times.ts";
import type { MessageRow, PartRow, SessionRow } from "./rows.ts";

const SessionColumns = z.object({
  id: z.string(),
  parent_id: z.string().nullable(),
  directory: z.string(),
  title: z.string().nullable(),
  version: z.string().nullable(),
  agent: z.string().nullable(),
  time_created: z.number(),
  time_updated: z.number(),
});

/** A row of `session`; empty when it is of an unknown shape. */
export function sessionRow(row: unknown): SessionRow[] {
  const found = SessionColumns.safeParse(row);
  if (!found.success) return [];
  const { id, parent_id, directory, title, version, agent, time_created, time_updated } = found.data;
  // A session keeps its own times when it is migrated.
  return [
    {
      id,
      parentId: parent_id,
      directory,
      title,
      version,
      agent,
      createdAt: time_created,
      updatedAt: time_updated,
    },
  ];
}

/** A row of `message`, its JSON in `data`. */
export function messageRow(row: unknown): MessageRow[] {
  if (!isRow(row)) return [];
  const body = parseMessage(jsonOf(row.data));
  if (body === null) return [];
  return [{ id: row.id, ...rowTimes(row.id, row.time_created, row.time_updated), body }];
}

/** A row of `part`, its JSON in `data`. */
export function partRow(row: unknown): PartRow[] {
  if (!isRow(row) || !("message_id" in row) || typeof row.message_id !== "string") return [];
  const body = parsePart(jsonOf(row.data));
  if (body === null) return [];
  const times = rowTimes(row.id, row.time_created, row.time_updated);
  return [{ id: row.id, messageId: row.message_id, ...times, body }];
}

type Row = {
  readonly id: string;
  readonly time_created: number;
  readonly time_updated: number;
  readonly data: unknown;
};

// By hand: there are thousands of them, and their columns are those of the query.
function isRow(row: unknown): row is Row {
  return (
    typeof row === "object" &&
    row !== null &&
    "id" in row &&
    typeof row.id === "string" &&
    "time_created" in row &&
    typeof row.time_created === "number" &&
    "time_updated" in row &&
    typeof row.time_updated === "number" &&
    "data" in row
  );
}

function jsonOf(data: unknown): unknown {
  return typeof data === "string" ? parseJson(data) : null;
}
