// A look at fifty live sessions reads some five thousand of these. By schemas it takes half as long again as by hand.
import { fieldOf, numberIn, recordOf, stringIn } from "../../core/fields.ts";
import type { MessageBody, PartBody, TodoRow, ToolState } from "./rows.ts";

/** Reads a message's JSON; null when it is none. */
export function parseMessage(value: unknown): MessageBody | null {
  const role = stringIn(value, "role");
  if (role === undefined) return null;
  const time = fieldOf(value, "time");
  const error = recordOf(fieldOf(value, "error"));
  const data = fieldOf(error, "data");
  return {
    role,
    time: { created: numberIn(time, "created"), completed: numberIn(time, "completed") },
    finish: stringIn(value, "finish"),
    agent: stringIn(value, "agent"),
    mode: stringIn(value, "mode"),
    isSummary: fieldOf(value, "summary") === true,
    error:
      error === null
        ? null
        : {
            name: stringIn(error, "name"),
            message: stringIn(data, "message"),
            statusCode: numberIn(data, "statusCode"),
          },
  };
}

/** Reads a part's JSON; null when it is none. */
export function parsePart(value: unknown): PartBody | null {
  const type = stringIn(value, "type");
  if (type === undefined) return null;
  if (type === "tool")
    return {
      type,
      tool: stringIn(value, "tool"),
      callID: stringIn(value, "callID"),
      state: parseState(fieldOf(value, "state")),
    };
  if (type !== "text" && type !== "reasoning") return { type, reason: stringIn(value, "reason") };
  return {
    type,
    text: stringIn(value, "text"),
    isSynthetic: fieldOf(value, "synthetic") === true,
    time: spanOf(value),
  };
}

/** Reads an entry of a session's plan; null when it is none. */
export function parseTodo(value: unknown): TodoRow | null {
  const [content, status] = [stringIn(value, "content"), stringIn(value, "status")];
  return content === undefined || status === undefined ? null : { content, status };
}

function parseState(value: unknown): ToolState | undefined {
  const status = stringIn(value, "status");
  if (status === undefined) return undefined;
  const metadata = recordOf(fieldOf(value, "metadata"));
  return {
    status,
    input: fieldOf(value, "input"),
    output: stringIn(value, "output"),
    error: stringIn(value, "error"),
    metadata:
      metadata === null
        ? null
        : {
            exit: metadata.exit === null ? null : numberIn(metadata, "exit"),
            sessionId: stringIn(metadata, "sessionId"),
            backgroundTaskId: stringIn(metadata, "backgroundTaskId"),
            isBackground: metadata.background === true,
          },
    time: spanOf(value),
  };
}

function spanOf(value: unknown): { readonly start: number | undefined; readonly end: number | undefined } {
  const time = fieldOf(value, "time");
  return { start: numberIn(time, "start"), end: numberIn(time, "end") };
}
