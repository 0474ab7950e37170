import { z } from "zod";
import type { AgentEvent, CallOutcome } from "../../core/agent-event.ts";

const Todos = z.object({
  todos: z.array(z.object({ description: z.string(), status: z.string().catch("pending") })),
});
const FunctionResponse = z.object({
  functionResponse: z.object({
    response: z.object({ output: z.unknown().optional(), error: z.unknown().optional() }).catch({}),
  }),
});

/** What Gemini CLI adds below what a command printed; above it the command may print anything. */
const trailingFields =
  /(?:(?:^|\n)(?:Error|Exit Code|Signal|Background PIDs|Process Group PGID|Command exited with code): [^\n]*)+$/;

/** How a tool's result reads; `text` is without what differs from run to run. */
export type ToolResult = { readonly outcome: CallOutcome; readonly text: string };

/** The state of a `write_todos` argument; null when it is none. Cancelled ones are not part of the work. */
export function todosOf(
  tool: string,
  args: unknown,
): { readonly done: number; readonly total: number; readonly step: string | null } | null {
  const read = tool === "write_todos" ? Todos.safeParse(args).data : undefined;
  const todos = read?.todos.filter(({ status }) => status !== "cancelled") ?? [];
  if (todos.length === 0) return null;
  return {
    done: todos.filter(({ status }) => status === "completed").length,
    total: todos.length,
    step: todos.find(({ status }) => status === "in_progress")?.description ?? null,
  };
}

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
  return { outcome: "failed", text: printed === "" ? `exit code ${code}` : printed };
}

/** A command that was started in the background names its process. */
export function backgroundPid(args: unknown, text: string): string | null {
  const isBackground =
    typeof args === "object" && args !== null && "is_background" in args && args.is_background === true;
  return isBackground ? (/\(PID: (\d+)\)/.exec(text)?.[1] ?? null) : null;
}

/** The event for a changed todo list, if this call is one. */
export function planEvents(
  tool: string,
  args: unknown,
  at: number,
  line: number | null,
): readonly AgentEvent[] {
  const plan = todosOf(tool, args);
  return plan === null ? [] : [{ type: "plan_changed", at, line, ...plan }];
}
