import { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { listOf } from "../../core/text/list-of.ts";

const Todos = z.object({
  todos: listOf(z.object({ description: z.string().catch(""), status: z.string().catch("pending") })),
});
/** The state of a `write_todos` argument; null when it is none. Cancelled ones are not part of the work. */
function todosOf(
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
