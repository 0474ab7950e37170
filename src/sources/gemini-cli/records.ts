import { z } from "zod";
import type { CallOutcome } from "../../core/evidence/agent-event.ts";
import { listOf } from "../../core/text/list-of.ts";

/** The first record of a chat. */
export const Header = z.object({
  sessionId: z.string(),
  startTime: z.unknown().optional(),
  kind: z.string().nullish().catch(null),
});
/** Takes the place of what was written before: all messages, or only the time. */
export const Change = z.object({
  $set: z.object({ messages: z.array(z.unknown()).optional(), lastUpdated: z.unknown().optional() }),
});
/** A person took the talk back to a message. */
export const Rewind = z.object({ $rewindTo: z.string() });
const Parts = listOf(
  z.object({ text: z.string().nullish().catch(null), functionResponse: z.unknown().optional() }),
);
/** A call, written with its message when it has ended. */
export const ToolCall = z.object({
  id: z.string().nullish().catch(null),
  name: z.string(),
  args: z.unknown().optional(),
  status: z.string().catch("executing"),
  result: z.unknown().optional(),
  timestamp: z.unknown().optional(),
});
export type ToolCall = z.infer<typeof ToolCall>;
/** What a person, the agent or the program said. */
export const Message = z.object({
  id: z.string(),
  type: z.string(),
  timestamp: z.unknown().optional(),
  content: z.unknown().optional(),
  toolCalls: listOf(ToolCall).catch([]),
  tokens: z
    .object({
      input: z.number(),
      output: z.number(),
      thoughts: z.number().catch(0),
      tool: z.number().catch(0),
    })
    .nullish()
    .catch(null),
});
/** Versions before the line format: the whole chat as one object, a header with its messages in it. */
export const WholeChat = Header.extend({
  lastUpdated: z.unknown().optional(),
  messages: z.array(z.unknown()),
});

/** The words of a message. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = Parts.safeParse(content).data ?? [];
  return parts.map((part) => part.text ?? "").join("");
}

/** Whether a message is what a tool gave back. */
export function isToolResponse(content: unknown): boolean {
  return Parts.safeParse(content).data?.some((part) => part.functionResponse !== undefined) ?? false;
}

const FunctionResponse = z.object({
  functionResponse: z.object({
    response: z.object({ output: z.unknown().optional(), error: z.unknown().optional() }).catch({}),
  }),
});

/** What Gemini CLI adds below what a command printed; above it the command may print anything. */
const trailingFields =
  /(?:(?:^|\n)(?:Error|Exit Code|Signal|Background PIDs|Process Group PGID|Command exited with code): [^\n]*)+$/;

/** How a tool's result reads; `text` is without what differs from run to run. */
export type ToolResult = {
  readonly outcome: CallOutcome;
  readonly text: string;
  readonly exitCode?: number;
};

/** Text of a `toolCalls[].result`: the parts' outputs or errors. */
export function resultText(result: unknown): string {
  if (typeof result === "string") return result;
  if (!Array.isArray(result)) return "";
  return result
    .flatMap((part) => {
      const response = FunctionResponse.safeParse(part).data?.functionResponse.response;
      const said = response?.output ?? response?.error;
      return said === undefined ? [] : [typeof said === "string" ? said : JSON.stringify(said)];
    })
    .join("\n");
}

/** A shell command that failed is `success` too: its exit code stands inside the output. */
export function readResult(tool: string, status: string, text: string): ToolResult {
  if (status === "cancelled") return { outcome: "neutral", text };
  if (status === "error") return { outcome: "failed", text };
  if (tool !== "run_shell_command") return { outcome: "ok", text };
  const said = text.replace(/^\s*<untrusted_context>|<\/untrusted_context>\s*$/g, "").trim();
  const fields = trailingFields.exec(said)?.[0] ?? "";
  const code = /^(?:Exit Code|Command exited with code): (-?[1-9]\d*)$/m.exec(fields)?.[1] ?? null;
  const printed = said
    .slice(0, said.length - fields.length)
    .trim()
    .replace(/^Output: /, "")
    .replace(/^\(empty\)$/, "");
  if (code === null) return { outcome: "ok", text: printed };
  return {
    outcome: "failed",
    text: printed === "" ? `exit code ${code}` : printed,
    exitCode: Number(code),
  };
}

/** A command that was started in the background names its process. */
export function backgroundPid(args: unknown, text: string): string | null {
  const isBackground =
    typeof args === "object" && args !== null && "is_background" in args && args.is_background === true;
  return isBackground ? (/\(PID: (\d+)\)/.exec(text)?.[1] ?? null) : null;
}
