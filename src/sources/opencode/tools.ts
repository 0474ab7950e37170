import { fieldOf, numberIn, stringIn } from "../../core/fields.ts";

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

/** The fields of a tool's input that are looked at; an input of an unexpected shape counts as empty. */
export type ToolInput = {
  readonly description: string | undefined;
  /** The agent that is launched. */
  readonly agent: string | undefined;
  readonly command: string | undefined;
  readonly tool: string | undefined;
  readonly error: string | undefined;
  readonly taskId: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly question: string | undefined;
};

/** Reads a tool part's input. */
export function toolInput(raw: unknown): ToolInput {
  const questions = fieldOf(raw, "questions");
  return {
    description: stringIn(raw, "description"),
    agent: stringIn(raw, "subagent_type") ?? stringIn(raw, "agent"),
    command: stringIn(raw, "command"),
    tool: stringIn(raw, "tool"),
    error: stringIn(raw, "error"),
    taskId: stringIn(raw, "task_id") ?? stringIn(raw, "taskId"),
    timeoutMs: numberIn(raw, "timeout"),
    question: Array.isArray(questions) ? stringIn(questions[0], "question") : undefined,
  };
}
