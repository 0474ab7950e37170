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
  /** When the newest message was made, where that cannot be read; epoch milliseconds. */
  readonly unreadAt: number | null;
};

export type TodoRow = { readonly content: string; readonly status: string };

/** A message's own JSON: only what is used. */
export type MessageBody = {
  readonly role: string;
  readonly time: { readonly created: number | undefined; readonly completed: number | undefined };
  readonly finish: string | undefined;
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
