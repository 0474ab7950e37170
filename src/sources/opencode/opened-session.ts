import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { emptyActivity, observe } from "../../core/evidence/observe.ts";
import type { Problem } from "../../core/text/problem.ts";
import type { Worktree } from "../../io/worktrees.ts";
import type { Budget } from "../budget.ts";
import { launchTools, readTools } from "./calls.ts";
import { findLaunches, type Launch } from "./children.ts";
import type { Heartbeat, JudgeLiveness } from "./liveness.ts";
import type { Log } from "./log.ts";
import type { KeptSessions } from "./memory.ts";
import { retriesIn, type Told, toldAbout } from "./notices.ts";
import type { Conversation, PartRow, Selection, SessionRow, Store } from "./records.ts";
import { translate } from "./translate.ts";

/** What is looked up beside the store. */
export type Surroundings = {
  readonly root: string;
  readonly now: number;
  readonly worktrees: readonly Worktree[];
  readonly claimedSessions: ReadonlyMap<string, Worktree>;
  readonly selection: Selection;
  /** By folder. */
  readonly heartbeats: ReadonlyMap<string, Heartbeat>;
  readonly log: Log;
  readonly liveness: JudgeLiveness;
  /** A session's directory with its symlinks resolved. */
  folderOf(directory: string): string;
  readonly problems: Problem[];
  /** Events after this are new; epoch milliseconds. */
  readonly seenUntil: number;
  readonly kept: KeptSessions;
  readonly budget: Budget;
};

const callTools: readonly string[] = [...launchTools, ...readTools];

/** One session with what was read of it. */
export type Opened = {
  readonly session: SessionRow;
  readonly folder: string;
  readonly worktree: Worktree | null;
  readonly conversation: Conversation;
  readonly children: readonly SessionRow[];
  readonly launches: readonly Launch[];
  readonly told: readonly Told[];
};

/** Reads a session, and what it launched. `folder` is its directory with symlinks resolved, `worktree` the one it works for. */
export function openSession(
  session: SessionRow,
  folder: string,
  store: Store,
  worktree: Worktree | null,
): Opened {
  const conversation = store.conversation(session.id);
  const children = store.children(session.id);
  // A launch can be older than the messages read.
  const parts = conversation.isWhole
    ? [...conversation.parts.values()].flat()
    : store.callsAndRetries(session.id, callTools);
  return {
    session,
    folder,
    worktree,
    conversation,
    children,
    launches: findLaunches(session, parts.filter(isCallOf(launchTools)), children, {
      messages: conversation.messages,
      retries: retriesIn(parts),
    }),
    told: toldAbout(conversation, parts.filter(isCallOf(readTools)), store.fileOf(session)),
  };
}

function isCallOf(tools: readonly string[]): (part: PartRow) => boolean {
  return ({ body }) => body.tool !== undefined && tools.includes(body.tool);
}

/** A session to which nothing was written since the last look. */
export function unchangedSession(
  session: SessionRow,
  folder: string,
  worktree: Worktree | null,
  { isWhole }: { readonly isWhole: boolean },
): Opened {
  return { session, folder, worktree, ...nothingNew, conversation: { ...nothingSaid, isWhole } };
}

const nothingNew = { children: [], launches: [], told: [] } as const;
const nothingSaid = { messages: [], parts: new Map(), unreadAt: null } as const;

/** Folds what was read of a session. */
export function foldSession(opened: Opened, store: Store, around: Surroundings) {
  const { session, conversation } = opened;
  const { events: read, agent } = translate(session, conversation, around);
  const events = [...unreadEmptyAnswers(opened, read, store), ...read];
  const activity = emptyActivity();
  for (const event of events) observe(activity, event);
  const lastMessageAt = conversation.messages.at(-1)?.createdAt ?? null;
  // Trouble is told at every look.
  const isRead = conversation.unreadAt === null;
  const isAlone = opened.children.length + opened.launches.length + opened.told.length === 0;
  if (isAlone && isRead)
    around.kept.keep(session.id, store, activity, { agent, isWhole: conversation.isWhole, lastMessageAt });
  const hasAnswer = conversation.messages.some(({ body }) => body.role === "assistant");
  return { events, activity, agent, lastMessageAt, hasAnswer };
}

/** Where all that was read are answers without a word, how many came before. */
function unreadEmptyAnswers(
  { session, conversation: { messages, isWhole } }: Opened,
  events: readonly AgentEvent[],
  store: Store,
): AgentEvent[] {
  const [first] = messages;
  const empty = events.filter(({ type }) => type === "empty_answer").length;
  if (isWhole || first === undefined || empty < messages.length - 1) return [];
  const before = store.emptyBefore(session.id, first);
  return before === null ? [] : [{ type: "empty_answer", at: before.since, count: before.count }];
}

export function keyOf(sessionId: string): string {
  return `opencode:${sessionId}`;
}

/** What is the same in the stream of a session and in that of a place in the queue. */
export function streamBase({ session, worktree }: Opened, launch: Launch | null, file: string) {
  return {
    source: "opencode",
    kind: "transcript",
    file,
    identity: {
      taskId: launch?.taskId ?? null,
      requestId: null,
      sessionId: launch === null ? session.id : launch.sessionId,
      worktree: worktree?.path ?? null,
    },
    branch: worktree?.branch ?? null,
    // `opencode run` and background children end by themselves; nothing on disk marks the others.
    isInteractive: false,
    waiting: null,
  } as const;
}
