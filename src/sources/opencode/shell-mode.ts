import type { Conversation, MessageRow } from "./rows.ts";

/**
 * The messages of a session without what a person ran by hand (`!command`): a user message of one fixed text, and an
 * assistant message with the command's part that never gets a `finish`. The agent has no part in it.
 */
export function withoutShellMode({ messages, parts }: Conversation): readonly MessageRow[] {
  const isShellMode = (message: MessageRow | undefined): boolean => {
    if (message?.body.role !== "user") return false;
    const own = parts.get(message.id) ?? [];
    return own.length > 0 && own.every(({ body }) => body.isSynthetic === true && body.text === shellText);
  };
  return messages.filter((message, index) => {
    const isAnswer = message.body.role === "assistant" && isShellMode(messages[index - 1]);
    return !isAnswer && !isShellMode(message);
  });
}

/** Whether a session holds nothing but what a person ran by hand. */
export function isShellModeOnly(conversation: Conversation): boolean {
  const { messages, isWhole, unreadAt } = conversation;
  if (messages.length === 0 || !isWhole || unreadAt !== null) return false;
  return withoutShellMode(conversation).length === 0;
}

const shellText = "The following tool was executed by the user";
