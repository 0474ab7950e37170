import type { AgentEvent } from "../../core/evidence/agent-event.ts";

/** When and where a record was written. */
export type Place = { readonly at: number; readonly line: number | null };

/** What a record of a chat file needs to know of those before it. Bounded. */
export type ChatMemory = {
  sessionId: string | null;
  isSubagent: boolean;
  lastAt: number | null;
  /** The agent's last message, so that its rewriting is not a second one. */
  lastMessageId: string | null;
  /** An error was written, and nothing of the agent after it. */
  isErrorLast: boolean;
  openCalls: string[];
  /** Something was said that was not taken back since; else a person is next. */
  isAsked: boolean;
  /** The last message is the agent's text without a tool call: the turn is over, or a tool runs unseen. */
  lastText: { at: number; line: number | null; message: string } | null;
};

/** What is known before the first record. */
export function emptyMemory(): ChatMemory {
  return {
    sessionId: null,
    isSubagent: false,
    lastAt: null,
    lastMessageId: null,
    isErrorLast: false,
    openCalls: [],
    isAsked: false,
    lastText: null,
  };
}

/** A sign of life at `place`. */
export function seen(place: Place, memory: ChatMemory): AgentEvent {
  memory.lastAt = Math.max(memory.lastAt ?? 0, place.at);
  return { ...place, type: "active" };
}

/** Forgets what was said: it was taken back. */
export function forgetTalk(memory: ChatMemory): void {
  Object.assign(memory, {
    lastMessageId: null,
    isErrorLast: false,
    openCalls: [],
    isAsked: false,
    lastText: null,
  });
}
