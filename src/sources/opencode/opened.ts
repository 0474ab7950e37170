import type { Worktree } from "../../io/worktrees.ts";
import { findLaunches, type Launch } from "./launches.ts";
import { type Told, toldAbout } from "./notices.ts";
import { retriesIn } from "./retry-notices.ts";
import type { Conversation, PartRow, SessionRow, Store } from "./rows.ts";
import { launchTools, readTools } from "./tools.ts";

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
