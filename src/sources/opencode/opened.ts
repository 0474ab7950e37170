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
  const near = [...conversation.parts.values()].flat().filter(isCallOf(callTools));
  // A launch can be older than the messages read; without children there is none worth the look.
  const calls = conversation.isWhole || children.length === 0 ? near : store.callsOf(session.id, callTools);
  return {
    session,
    folder,
    worktree,
    conversation,
    children,
    launches: findLaunches(session, calls.filter(isCallOf(launchTools)), children, {
      messages: conversation.messages,
      retries: retriesIn(conversation),
    }),
    told: toldAbout(conversation, calls.filter(isCallOf(readTools)), store.fileOf(session)),
  };
}

function isCallOf(tools: readonly string[]): (part: PartRow) => boolean {
  return ({ body }) => body.tool !== undefined && tools.includes(body.tool);
}
