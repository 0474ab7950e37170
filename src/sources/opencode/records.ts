import { fieldOf, numberIn, recordOf, stringIn } from "../../core/text/fields.ts";
import type { Problem } from "../../core/text/problem.ts";
/** How many of a session's last messages are read: enough for the longest loop rule (one message holds one model step). */
export const messagesRead = 64;

/** How many sessions of a project, or children of a session, are read at most: the newest. */
export const sessionsRead = 400;

/** How many of the open children that are silent for long are read at most: the newest. */
export const silentRead = 100;

/** What both generations of OpenCode's store keep, in one shape. Times in epoch milliseconds. */
export type SessionRow = {
  readonly id: string;
  readonly parentId: string | null;
  readonly directory: string;
  readonly title: string | null;
  readonly version: string | null;
  /** What all of its answers used, where its store says so. */
  readonly used: MessageBody["tokens"];
  readonly agent: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When a person put it away; null while it is in the list. */
  readonly archivedAt: number | null;
  /** What OpenCode 2 says of its last turn once that is over; null while it works, and in the first generations. */
  readonly idle: {
    readonly at: number;
    readonly outcome: "success" | "failure" | "cancelled";
    readonly error: string | null;
  } | null;
  /** The claim on its turn that OpenCode 2 holds from start to end, over its server's death; null: this store has none. */
  readonly claim: { readonly isHeld: boolean; readonly resumed: number } | null;
};

export type MessageRow = {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly body: MessageBody;
};

export type PartRow = {
  readonly id: string;
  readonly messageId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly body: PartBody;
};

/** A session's last messages in their order, with their parts. */
export type Conversation = {
  readonly messages: readonly MessageRow[];
  /** By message id, in their order. */
  readonly parts: ReadonlyMap<string, readonly PartRow[]>;
  /** No older message exists. */
  readonly isWhole: boolean;
  /** When the newest message was made, where that cannot be read; epoch milliseconds. */
  readonly unreadAt: number | null;
};

export type TodoRow = { readonly content: string; readonly status: string };

/** A message's own JSON: only what is used. */
export type MessageBody = {
  readonly role: string;
  readonly time: { readonly created: number | undefined; readonly completed: number | undefined };
  readonly finish: string | undefined;
  /** null where the message does not say. */
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly costUsd: number | null;
  } | null;
  readonly agent: string | undefined;
  readonly mode: string | undefined;
  /** On a compaction; a user message has an object there. */
  readonly isSummary: boolean;
  readonly error: {
    readonly name: string | undefined;
    readonly message: string | undefined;
    readonly statusCode: number | undefined;
  } | null;
};

/** A part's own JSON, of any type. */
export type PartBody = {
  readonly type: string;
  readonly text?: string | undefined;
  readonly isSynthetic?: boolean;
  readonly reason?: string | undefined;
  readonly tool?: string | undefined;
  readonly callID?: string | undefined;
  readonly time?: Span;
  readonly state?: ToolState | undefined;
  /** The request that is repeated next. */
  readonly retry?: { readonly attempt: number | null; readonly message: string; readonly nextAt: number };
};

type Span = { readonly start: number | undefined; readonly end: number | undefined };

/** What a tool part says of its call. */
export type ToolState = {
  readonly status: string;
  readonly input: unknown;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly metadata: {
    /** null: the command was stopped; undefined: none was given. */
    readonly exit: number | null | undefined;
    readonly sessionId: string | undefined;
    readonly backgroundTaskId: string | undefined;
    readonly isBackground: boolean;
  } | null;
  readonly time: Span;
};
/** Which sessions to read. */
export type Selection = {
  /** Epoch milliseconds: sessions without a sign of life since are left out. */
  readonly since: number;
  isOfProject(directory: string): boolean;
  isInWorktree(directory: string): boolean;
};

/** One of OpenCode's stores, opened for one look. */
export type Store = {
  /** Nothing was written to it since a later generation took over, which was last written to then; null: it is in use. */
  readonly frozenAt: number | null;
  /** The database or folder to name as evidence of a session. */
  fileOf(session: SessionRow): string;
  /** Sessions of the project with a sign of life, the latest first. */
  sessions(selection: Selection): readonly SessionRow[];
  /** The newest session without a parent of each worktree's directory, however old. */
  newest(selection: Selection): readonly SessionRow[];
  /** Children without a sign of life since then whose turn looks open: the newest of them. */
  silentChildren(selection: Selection): readonly SessionRow[];
  session(id: string): SessionRow | null;
  children(parentId: string): readonly SessionRow[];
  conversation(sessionId: string): Conversation;
  /** How many answers without a word stand in a row before that message, and since when; null: none, or unknown. */
  emptyBefore(sessionId: string, message: MessageRow): { count: number; since: number } | null;
  /** The parts of a session, however old, that call one of `tools` or tell of a retry. */
  callsAndRetries(sessionId: string, tools: readonly string[]): readonly PartRow[];
  todos(sessionId: string): readonly TodoRow[];
  /**
   * A text that is another one after any change to the session's last messages or their parts, and the time of the
   * newest change; null where only reading them all would tell.
   */
  markOf(sessionId: string): { readonly text: string; readonly newestAt: number } | null;
  close(): void;
};

/** Ids wrap in time: never order by id alone. */
export function byTime(
  a: { readonly id: string; readonly createdAt: number },
  b: { readonly id: string; readonly createdAt: number },
): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Sorts parts below their messages. */
export function groupParts(parts: readonly PartRow[]): ReadonlyMap<string, readonly PartRow[]> {
  const groups = new Map<string, PartRow[]>();
  for (const part of [...parts].sort(byTime)) {
    const group = groups.get(part.messageId) ?? [];
    group.push(part);
    groups.set(part.messageId, group);
  }
  return groups;
}

// A look at fifty live sessions reads some five thousand of these. By schemas it takes half as long again as by hand.

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
    tokens: tokensOf(value),
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

/** The tokens that an answer says it used; null when it says none. */
export function tokensOf(message: unknown): MessageBody["tokens"] {
  const tokens = fieldOf(message, "tokens");
  const [input, output] = [numberIn(tokens, "input"), numberIn(tokens, "output")];
  if (input === undefined || output === undefined) return null;
  const cache = fieldOf(tokens, "cache");
  return {
    input: input + (numberIn(cache, "read") ?? 0) + (numberIn(cache, "write") ?? 0),
    output: output + (numberIn(tokens, "reasoning") ?? 0),
    costUsd: numberIn(message, "cost") ?? null,
  };
}

/** Reads a part's JSON; of the type `unread` when it is none. */
export function parsePart(value: unknown): PartBody {
  const type = stringIn(value, "type");
  if (type === undefined) return { type: "unread" };
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

const wrapMs = 2 ** 36;
const ticksPerMs = 4_096;
/** A row written by OpenCode itself is this close to the time in its id; a migrated one is not. */
const liveWithinMs = 60_000;

/**
 * The time inside an id, epoch milliseconds; null for other ids. The id keeps it modulo 2^36 ms (2.2 years), so the
 * moment nearest to `near` is meant. Session ids hold it inverted.
 */
export function idTime(id: string, near: number): number | null {
  const hex = id.slice(4, 16);
  if (id.length !== 30 || !/^(ses|msg|prt)_/.test(id) || !/^[0-9a-f]{12}$/.test(hex)) return null;
  // 48 bits: a number holds them exactly.
  const stored = Number.parseInt(hex, 16);
  const low = Math.floor((id.startsWith("ses_") ? 2 ** 48 - 1 - stored : stored) / ticksPerMs);
  return low + Math.round((near - low) / wrapMs) * wrapMs;
}

export type RowTimes = { readonly createdAt: number; readonly updatedAt: number };

/**
 * When a row was really written. The migration from JSON files to SQLite set both times of every row to its own moment:
 * such a row keeps only the time in its id.
 */
export function rowTimes(id: string, createdAt: number, updatedAt: number): RowTimes {
  const written = idTime(id, createdAt);
  if (written === null || Math.abs(written - createdAt) <= liveWithinMs) return { createdAt, updatedAt };
  return { createdAt: written, updatedAt: written };
}

/** A row or file of a session that is of no known shape. */
export function unreadRow(path: string, id: string, expected: string): Problem {
  const message = `${id}: expected ${expected} (damaged, or of a newer OpenCode)`;
  return { code: "unknown_format", path, line: null, column: null, message };
}
