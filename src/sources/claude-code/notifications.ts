import type { Outcome } from "../../core/agent-event.ts";

/** A background shell or sub-agent of which the session was told; `outcome` null while it still runs. */
export type Notification = { readonly id: string; readonly outcome: Outcome | null };

// Its end may be cut off: long texts are.
const notification =
  /<(task|bash|agent)-notification>([\s\S]*?)(?=<\/\1-notification>|<(?:task|bash|agent)-notification>|$)/g;
const idTag = /<(?:task-id|shell-id|agent-id)>\s*([^<\s]+)\s*</;
const statusTag = /<status>\s*([^<\s]+)\s*</;

/** The notifications in a text that the CLI gives to its own model. */
export function readNotifications(text: string): Notification[] {
  if (!text.includes("-notification>")) return [];
  return [...text.matchAll(notification)].flatMap(([, , body = ""]) => {
    const id = body.match(idTag)?.[1];
    return id === undefined ? [] : [{ id, outcome: taskOutcome(body.match(statusTag)?.[1]) }];
  });
}

/** The outcome behind a background task's status word; null for one that still runs or is not known. */
export function taskOutcome(status: string | undefined): Outcome | null {
  switch (status) {
    case "completed":
      return "success";
    case "failed":
    case "error":
      return "failure";
    case "killed":
    case "stopped":
    case "cancelled":
      return "cancelled";
    default:
      return null;
  }
}
