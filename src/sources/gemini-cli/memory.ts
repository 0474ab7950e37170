import { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { KeptText } from "../../core/text/kept-text.ts";

/** When and where a record was written. */
export type Place = { readonly at: number; readonly line: number | null };

/** What a record of a chat file needs to know of those before it. Bounded. */
export const ChatMemory = z.object({
  sessionId: z.string().nullable(),
  isSubagent: z.boolean(),
  lastAt: z.number().nullable(),
  /** When the session began, and when it was first asked something. */
  openedAt: z.number().nullable(),
  askedAt: z.number().nullable(),
  /** The agent's last message, so that its rewriting is not a second one. */
  lastMessageId: z.string().nullable(),
  /** An error was written, and nothing of the agent after it. */
  isErrorLast: z.boolean(),
  openCalls: z.array(z.string()),
  /** Something was said that was not taken back since; else a person is next. */
  isAsked: z.boolean(),
  /** A person's last words, to which nothing was answered so far, and how that ended where it is known. */
  unanswered: z
    .object({
      at: z.number(),
      line: z.number().nullable(),
      text: KeptText,
      outcome: z.enum(["failure", "cancelled"]).nullable(),
      says: KeptText.nullable(),
    })
    .nullable(),
  /** It stopped by itself at what looks like a loop: it asks whether to go on, and a run without a person is over. */
  loopAt: z.object({ at: z.number(), line: z.number().nullable() }).nullable(),
  /** The last message is the agent's text without a tool call: the turn is over, or a tool runs unseen. */
  lastText: z.object({ at: z.number(), line: z.number().nullable(), message: KeptText }).nullable(),
  /** The last message is the agent's without a word, and without the call that it is about (25 of 25 had one later). */
  unseenCall: z.object({ at: z.number(), line: z.number().nullable() }).nullable(),
});
export type ChatMemory = z.infer<typeof ChatMemory>;

/** What is known before the first record. */
export function emptyMemory(): ChatMemory {
  return {
    sessionId: null,
    isSubagent: false,
    lastAt: null,
    openedAt: null,
    askedAt: null,
    ...nothingSaid(),
  };
}

/** A sign of life at `place`. */
export function seen(place: Place, memory: ChatMemory): AgentEvent {
  memory.lastAt = Math.max(memory.lastAt ?? 0, place.at);
  return { ...place, type: "active" };
}

/** Forgets what was said: it was taken back. */
export function forgetTalk(memory: ChatMemory): void {
  Object.assign(memory, nothingSaid());
}

function nothingSaid() {
  return {
    lastMessageId: null,
    isErrorLast: false,
    openCalls: [],
    isAsked: false,
    unanswered: null,
    loopAt: null,
    lastText: null,
    unseenCall: null,
  };
}
