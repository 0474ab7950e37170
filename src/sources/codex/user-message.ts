import type { AgentEvent } from "../../core/agent-event.ts";
import { plainText } from "../../core/plain-text.ts";
import type { Memory, Place } from "./memory.ts";

const titleLimit = 80;

/** A person's message; the first one names the session. */
export function userMessage(text: string, place: Place, memory: Memory): readonly AgentEvent[] {
  memory.title ??= text.trim() === "" ? null : plainText(text, titleLimit);
  memory.weakEnd = null;
  memory.isLastCallKilled = false;
  return [{ ...place, type: "user_message" }];
}
