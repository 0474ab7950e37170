import type { PartRow } from "./rows.ts";

const stopping =
  /^(the user rejected permission to use this specific tool call\.( you may try again with different parameters\.)?|.*dismissed this question\.?)$/i;

/** A call that a person did not let happen, or stopped: no failure of the agent. */
export function isRefusal(error: string): boolean {
  return /rejected permission|prevents you from using|dismissed this question|^Tool execution aborted|^(The operation was )?aborted\.?$|^cancelled\.?$/i.test(
    error,
  );
}

/**
 * The words with which a person stopped a step; null when nobody did. Its message ends like one that goes on
 * (`tool-calls`), but nothing follows. A refusal with feedback, or by a rule, is an answer: the agent goes on.
 */
export function stoppedBy(parts: readonly PartRow[]): string | null {
  for (const { body } of parts) {
    if (body.state?.status !== "error") continue;
    const error = (body.state.error ?? "").replace(/^Error: /, "").trim();
    if (stopping.test(error)) return error;
    if (body.tool === "task" && /^cancelled\.?$/i.test(error)) return "its subtask was cancelled";
  }
  return null;
}
