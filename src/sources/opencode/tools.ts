import { z } from "zod";

/** Tools that start another session (oh-my-opencode 0.4 … 4.19 and OpenCode's own `task`). */
export const launchTools = [
  "task",
  "delegate_task",
  "sisyphus_task",
  "background_task",
  "call_omo_agent",
] as const;

/** Tools that ask the plugin about a background task. */
export const readTools = ["background_output", "background_cancel"] as const;

const text = z.string().optional().catch(undefined);

/** The fields of a tool's input that are looked at. */
export const ToolInput = z.object({
  description: text,
  subagent_type: text,
  agent: text,
  category: text,
  command: text,
  tool: text,
  error: text,
  task_id: text,
  taskId: text,
  timeout: z.number().optional().catch(undefined),
  questions: z
    .array(z.object({ question: text }))
    .optional()
    .catch(undefined),
});
export type ToolInput = z.infer<typeof ToolInput>;

/** Reads a tool part's input; an input of an unexpected shape counts as empty. */
export function toolInput(raw: unknown): ToolInput {
  const input = ToolInput.safeParse(raw);
  return input.success ? input.data : {};
}
