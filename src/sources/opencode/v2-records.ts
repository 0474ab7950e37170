// OpenCode 2 keeps a session's messages as rows of `session_message`, changed in place: the parts of an answer are `content[]`
// inside it, a tool is named `name`, a call's id is `id`, its arguments come in while it is `streaming`, `time.ran` is its start.
// Known from its public sources to 2.0.18, not from a run: every field may be missing.
import { z } from "zod";
import { fieldOf, numberIn, recordOf, stringIn } from "../../core/text/fields.ts";
import {
  type MessageBody,
  type MessageRow,
  type PartBody,
  type PartRow,
  type SessionRow,
  type ToolState,
  tokensOf,
} from "./records.ts";
import { SessionColumns } from "./sqlite-records.ts";

const outcomes = { succeeded: "success", failed: "failure", interrupted: "cancelled" } as const;

const Row = SessionColumns.extend({
  time_idle: z.number().nullable(),
  idle_outcome: z.string().nullable().catch(null),
  idle_error: z.string().nullable().catch(null),
  claimed_at: z.number().nullable().catch(null),
  resume_attempts: z.number().nullable().catch(null),
});

/** A row of `session_v2`; empty when it is of an unknown shape. */
export function v2SessionRow(row: unknown): SessionRow[] {
  const found = Row.safeParse(row);
  if (!found.success) return [];
  const { id, parent_id, directory, title, version, agent, ...times } = found.data;
  const outcome = outcomeOf(times.idle_outcome);
  return [
    {
      id,
      parentId: parent_id,
      directory,
      title,
      version,
      agent,
      createdAt: times.time_created,
      updatedAt: times.time_updated,
      archivedAt: times.time_archived,
      idle:
        times.time_idle === null || outcome === null
          ? null
          : { at: times.time_idle, outcome, error: times.idle_error },
      // Before it counted these, a claim only stood where its server was stopped in an orderly way.
      used: null,
      claim:
        times.resume_attempts === null
          ? null
          : { isHeld: times.claimed_at !== null, resumed: times.resume_attempts },
    },
  ];
}

function outcomeOf(word: string | null): "success" | "failure" | "cancelled" | null {
  if (word === "succeeded" || word === "failed" || word === "interrupted") return outcomes[word];
  return null;
}

/** One row of `session_message` with its JSON; `data` null: it could not be read. */
export type V2Message = {
  readonly id: string;
  readonly type: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly data: unknown;
};

/** What a message of the second generation is in the shape of the first; null for what is neither said nor done. */
export function v2Message(message: V2Message): { message: MessageRow; parts: readonly PartRow[] } | null {
  const { id, type, createdAt, updatedAt, data } = message;
  const row = (body: Partial<MessageBody>, parts: readonly PartBody[]) => ({
    message: { id, createdAt, updatedAt, body: { ...emptyBody(createdAt), ...body } },
    parts: parts.map((part, index) => ({
      id: `${id}:${String(index).padStart(4, "0")}`,
      messageId: id,
      // In their order; each part's own times stand in it.
      createdAt,
      updatedAt,
      body: part,
    })),
  });
  if (type === "user" || type === "synthetic")
    return row({ role: "user" }, [
      { type: "text", text: stringIn(data, "text") ?? "", isSynthetic: type === "synthetic" },
    ]);
  if (type === "compaction")
    return row({ isSummary: true, finish: "stop", time: timesOf(data, createdAt) }, []);
  if (type !== "assistant") return null;
  const content = fieldOf(data, "content");
  const time = timesOf(data, createdAt);
  const parts = [
    ...(Array.isArray(content) ? content : []).flatMap((part) => partOf(part, time.completed)),
    ...retryOf(fieldOf(data, "retry")),
  ];
  const error = recordOf(fieldOf(data, "error"));
  const isCalling = parts.at(-1)?.type === "tool";
  return row(
    {
      agent: stringIn(data, "agent"),
      tokens: tokensOf(data),
      time,
      finish:
        stringIn(data, "finish") ??
        (time.completed === undefined ? undefined : isCalling ? "tool-calls" : "stop"),
      error:
        error === null
          ? null
          : {
              name: stringIn(error, "name") ?? stringIn(error, "type"),
              message: stringIn(error, "message") ?? stringIn(error.data, "message"),
              statusCode:
                numberIn(error, "status") ??
                numberIn(error, "statusCode") ??
                numberIn(error.data, "statusCode"),
            },
    },
    parts,
  );
}

function emptyBody(createdAt: number): MessageBody {
  return {
    role: "assistant",
    time: { created: createdAt, completed: undefined },
    finish: undefined,
    agent: undefined,
    mode: undefined,
    isSummary: false,
    error: null,
    tokens: null,
  };
}

function timesOf(data: unknown, createdAt: number): MessageBody["time"] {
  const time = fieldOf(data, "time");
  return { created: numberIn(time, "created") ?? createdAt, completed: numberIn(time, "completed") };
}

function retryOf(retry: unknown): PartBody[] {
  const nextAt = numberIn(retry, "at");
  if (nextAt === undefined) return [];
  const error = fieldOf(retry, "error");
  const message = stringIn(error, "message") ?? stringIn(error, "type") ?? "request failed";
  return [{ type: "retry", retry: { attempt: numberIn(retry, "attempt") ?? null, message, nextAt } }];
}

/** `completedAt`: when its message was over. A text has no times of its own. */
function partOf(value: unknown, completedAt: number | undefined): PartBody[] {
  const type = stringIn(value, "type");
  const time = fieldOf(value, "time");
  const span = {
    start: numberIn(time, "ran") ?? numberIn(time, "start") ?? numberIn(time, "created"),
    end: numberIn(time, "end") ?? numberIn(time, "completed"),
  };
  if (type === "text" || type === "reasoning")
    return [
      { type, text: stringIn(value, "text"), time: { start: span.start, end: span.end ?? completedAt } },
    ];
  if (type !== "tool") return [];
  return [
    {
      type,
      tool: stringIn(value, "name"),
      callID: stringIn(value, "id"),
      state: stateOf(fieldOf(value, "state"), span),
    },
  ];
}

function stateOf(state: unknown, time: ToolState["time"]): ToolState | undefined {
  const status = stringIn(state, "status");
  if (status === undefined) return undefined;
  const own = recordOf(fieldOf(state, "metadata"));
  const metadata = own ?? recordOf(fieldOf(state, "structured")) ?? {};
  const error = fieldOf(state, "error");
  // A command, like a subagent, says what it is once it may run; before 2.0 (`structured`) nothing tells.
  const isUntouched = status === "running" && own !== null && Object.keys(own).length === 0;
  const exit = metadata.exit === null ? null : numberIn(metadata, "exit");
  return {
    status: status === "streaming" ? "pending" : status,
    input: fieldOf(state, "input"),
    output: stringIn(state, "output") ?? textOf(fieldOf(state, "content")),
    error: typeof error === "string" ? error : stringIn(error, "message"),
    metadata: isUntouched
      ? null
      : {
          exit: metadata.timeout === true ? null : exit,
          sessionId: stringIn(metadata, "sessionId") ?? stringIn(metadata, "sessionID"),
          backgroundTaskId: stringIn(metadata, "backgroundTaskId") ?? stringIn(metadata, "shellID"),
          isBackground: metadata.background === true || metadata.status === "running",
        },
    time: {
      start: numberIn(fieldOf(state, "time"), "start") ?? time.start,
      end: numberIn(fieldOf(state, "time"), "end") ?? time.end,
    },
  };
}

function textOf(content: unknown): string | undefined {
  if (!Array.isArray(content)) return undefined;
  return content.flatMap((part) => stringIn(part, "text") ?? []).join("\n");
}
