import { z } from "zod";

/** How many of a session's last messages are read: enough for the longest loop rule (one message holds one model step). */
export const messagesRead = 64;

/** What both generations of OpenCode's store keep, in one shape. Times in epoch milliseconds. */
export type SessionRow = {
  readonly id: string;
  readonly parentId: string | null;
  readonly directory: string;
  readonly title: string | null;
  /** The OpenCode that made it. */
  readonly version: string | null;
  readonly agent: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
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
};

export const TodoRow = z.object({ content: z.string(), status: z.string() });
export type TodoRow = z.infer<typeof TodoRow>;

const text = z.string().optional().catch(undefined);
const time = z.number().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);

/** A message's own JSON: only what is used, and a field of an unexpected type counts as missing. */
export const MessageBody = z.object({
  role: z.string(),
  time: z.object({ created: time, completed: time }).optional().catch(undefined),
  finish: text,
  agent: text,
  mode: text,
  /** `true` on a compaction; on a user message an object. */
  summary: z.unknown().optional(),
  error: z
    .object({
      name: text,
      data: z.object({ message: text, statusCode: time }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});
export type MessageBody = z.infer<typeof MessageBody>;

const span = z.object({ start: time, end: time }).optional().catch(undefined);
const metadata = z
  .object({
    exit: z.number().nullish().catch(undefined),
    sessionId: text,
    backgroundTaskId: text,
    background: flag,
  })
  .optional()
  .catch(undefined);
const state = z
  .object({
    status: z.string(),
    input: z.unknown().optional(),
    output: text,
    error: text,
    title: text,
    metadata,
    time: span,
  })
  .optional()
  .catch(undefined);

const ToolPart = z.object({ type: z.string(), tool: text, callID: text, state });

/** A part's own JSON, of any type. */
export type PartBody = {
  readonly type: string;
  readonly text?: string | undefined;
  readonly synthetic?: boolean | undefined;
  readonly reason?: string | undefined;
  readonly tool?: string | undefined;
  readonly callID?: string | undefined;
  readonly time?: { readonly start?: number | undefined; readonly end?: number | undefined } | undefined;
  readonly state?: z.infer<typeof state>;
};

/**
 * Reads a part's JSON; null when it is none. A session has thousands of parts with next to nothing in them: those are
 * read by hand, which halves the time of a look.
 */
export function parsePart(value: unknown): PartBody | null {
  const type = stringAt(value, "type");
  if (type === undefined) return null;
  if (type === "tool") {
    const part = ToolPart.safeParse(value);
    return part.success ? part.data : null;
  }
  if (type !== "text" && type !== "reasoning") return { type, reason: stringAt(value, "reason") };
  const time = fieldOf(value, "time");
  return {
    type,
    text: stringAt(value, "text"),
    synthetic: fieldOf(value, "synthetic") === true,
    time: { start: numberAt(time, "start"), end: numberAt(time, "end") },
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function stringAt(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field : undefined;
}

function numberAt(value: unknown, name: string): number | undefined {
  const field = fieldOf(value, name);
  return typeof field === "number" ? field : undefined;
}

export type ToolState = NonNullable<PartBody["state"]>;

/** Which sessions to read. */
export type Selection = {
  /** Epoch milliseconds: sessions without a sign of life since are left out. */
  readonly since: number;
  isOfProject(directory: string): boolean;
  isInWorktree(directory: string): boolean;
};

/** One of OpenCode's stores, opened for one look. */
export type Store = {
  /** The database or folder to name as evidence of a session. */
  fileOf(session: SessionRow): string;
  /** Sessions of the project with a sign of life, the latest first. */
  sessions(selection: Selection): readonly SessionRow[];
  /** The newest session without a parent of each worktree's directory, however old. */
  newest(selection: Selection): readonly SessionRow[];
  session(id: string): SessionRow | null;
  children(parentId: string): readonly SessionRow[];
  conversation(sessionId: string): Conversation;
  /** The parts of a session, however old, that call one of `tools`. */
  callsOf(sessionId: string, tools: readonly string[]): readonly PartRow[];
  todos(sessionId: string): readonly TodoRow[];
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
