// Rows of SQLite with their long texts cut by SQLite itself, so that they never come over whole. A field that is missing
// stays missing: `metadata` and its `exit` mean something by being there.
import { z } from "zod";
import { numberIn, parseJson } from "../../core/text/fields.ts";
import {
  type MessageRow,
  type PartRow,
  parseMessage,
  parsePart,
  rowTimes,
  type SessionRow,
} from "./records.ts";

const wholeBytes = 32_768;
/** Larger rows are not looked into: that alone would read all of them. */
const messageBytes = 8_000_000;
const partBytes = 64_000_000;
const excerpt = 4_000;

/** A message's JSON. A larger one is taken for a user's: those are known to grow without end (`summary.diffs`). */
export const messageData = `CASE
  WHEN octet_length(data) <= ${wholeBytes} THEN data
  WHEN octet_length(data) <= ${messageBytes} AND json_valid(data) THEN json_object(
    'role', data->>'$.role', 'finish', data->>'$.finish', 'agent', data->>'$.agent', 'mode', data->>'$.mode',
    'time', json(coalesce(data->'$.time', '{}')),
    'summary', json(CASE json_type(data, '$.summary') WHEN 'true' THEN 'true' ELSE 'false' END),
    'error', json(CASE json_type(data, '$.error') WHEN 'object' THEN json_object(
      'name', data->>'$.error.name',
      'data', json_object('message', substr(data->>'$.error.data.message', 1, ${excerpt}),
        'statusCode', data->'$.error.data.statusCode')) ELSE 'null' END))
  ELSE '{"role":"user"}' END`;

/** Whether a session whose last message this is may still be at work. */
export const looksOpen = `CASE
  WHEN octet_length(data) <= ${messageBytes} AND json_valid(data) THEN
    data->>'$.role' = 'user' OR (data->'$.error' IS NULL AND coalesce(data->>'$.finish', 'tool-calls') IN ('tool-calls', 'unknown'))
  ELSE 1 END`;

/** Whether it is an answer without a word, after which the model is asked again. */
export const answeredNothing = `CASE
  WHEN octet_length(data) <= ${wholeBytes} AND json_valid(data) THEN
    coalesce(data->>'$.finish' = 'unknown' AND data->>'$.tokens.output' = 0, 0)
  ELSE 0 END`;

const input = `CASE WHEN octet_length(p.data->'$.state.input') <= ${wholeBytes} THEN p.data->'$.state.input'
  ELSE json_object('filePath', p.data->>'$.state.input.filePath', 'command', substr(p.data->>'$.state.input.command', 1, ${excerpt}),
    'description', p.data->>'$.state.input.description', 'subagent_type', p.data->>'$.state.input.subagent_type',
    'timeout', p.data->'$.state.input.timeout',
    'head', substr(p.data->'$.state.input', 1, ${excerpt}), 'tail', substr(p.data->'$.state.input', -${excerpt}),
    'sizeBytes', octet_length(p.data->'$.state.input')) END`;

const metadata = `CASE json_type(p.data, '$.state.metadata') WHEN 'object' THEN json_remove(
  json_object('exit', p.data->'$.state.metadata.exit', 'sessionId', p.data->>'$.state.metadata.sessionId',
    'backgroundTaskId', p.data->>'$.state.metadata.backgroundTaskId', 'background', p.data->'$.state.metadata.background'),
  CASE WHEN json_type(p.data, '$.state.metadata.exit') IS NULL THEN '$.exit' ELSE '$.none' END) ELSE 'null' END`;

/** The JSON of a row of `part AS p`. */
export const partData = `CASE
  WHEN octet_length(p.data) <= ${wholeBytes} THEN p.data
  WHEN octet_length(p.data) <= ${partBytes} AND json_valid(p.data) THEN json_object(
    'type', p.data->>'$.type', 'tool', p.data->>'$.tool', 'callID', p.data->>'$.callID', 'reason', p.data->>'$.reason',
    'text', substr(p.data->>'$.text', 1, ${excerpt}), 'synthetic', p.data->'$.synthetic',
    'time', json(coalesce(p.data->'$.time', '{}')),
    'state', json_object(
      'status', p.data->>'$.state.status',
      'input', json(${input}),
      'output', substr(p.data->>'$.state.output', 1, ${excerpt}) || substr(p.data->>'$.state.output', -${excerpt}),
      'error', substr(p.data->>'$.state.error', 1, ${excerpt}),
      'metadata', json(${metadata}),
      'time', json(coalesce(p.data->'$.state.time', '{}'))))
  END`;

/** The columns that both generations have of a session. */
export const SessionColumns = z.object({
  id: z.string(),
  parent_id: z.string().nullable(),
  directory: z.string(),
  title: z.string().nullable(),
  version: z.string().nullable(),
  agent: z.string().nullable(),
  time_created: z.number(),
  time_updated: z.number(),
  time_archived: z.number().nullable(),
});

/** A row of `session`; empty when it is of an unknown shape. */
export function sessionRow(row: unknown): SessionRow[] {
  const found = SessionColumns.safeParse(row);
  if (!found.success) return [];
  const { id, parent_id, directory, title, version, agent, time_created, time_updated, time_archived } =
    found.data;
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
      archivedAt: time_archived,
      idle: null,
      used: usedIn(row),
      claim: null,
    },
  ];
}

// 1.18 keeps the sums of all answers in the session's own row.
function usedIn(row: unknown): SessionRow["used"] {
  const count = (name: string) => numberIn(row, `tokens_${name}`) ?? 0;
  if (numberIn(row, "tokens_input") === undefined) return null;
  return {
    input: count("input") + count("cache_read") + count("cache_write"),
    output: count("output") + count("reasoning"),
    costUsd: numberIn(row, "cost") ?? null,
  };
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
