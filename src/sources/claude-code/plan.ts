import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { fieldOf, ownValue } from "../../core/text/fields.ts";
import { readJsonFile } from "../../io/open-file.ts";

const Step = z.object({
  content: z.string().optional(),
  subject: z.string().optional(),
  activeForm: z.string().optional(),
  status: z.string(),
});
type Step = z.infer<typeof Step>;
// A step that cannot be read costs itself, not the plan.
const Steps = z.array(z.unknown()).transform((items) =>
  items.flatMap((item) => {
    const step = Step.safeParse(item);
    return step.success ? [step.data] : [];
  }),
);
const TodoInput = z.object({ todos: Steps });
const TaskResult = z.object({
  task: z.object({ id: z.string(), subject: z.string() }).optional(),
  taskId: z.string().optional(),
  statusChange: z.object({ to: z.string() }).optional(),
});

export type Plan = { readonly done: number; readonly total: number; readonly step: string | null };
type Tasks = Record<string, { subject: string; status: string }>;

/** The plan behind a list of steps: deleted ones do not count, none at all is no plan. */
function planOf(steps: readonly Readonly<Step>[]): Plan | null {
  const open = steps.filter((step) => step.status !== "deleted");
  if (open.length === 0) return null;
  const current = open.find((step) => step.status === "in_progress");
  return {
    done: open.filter((step) => step.status === "completed").length,
    total: open.length,
    step: current?.activeForm ?? current?.subject ?? current?.content ?? null,
  };
}

/** The plan that a TodoWrite call sets. */
export function planOfTodoCall(input: unknown): Plan | null {
  const parsed = TodoInput.safeParse(input);
  return parsed.success ? planOf(parsed.data.todos) : null;
}

/** Takes up what the result of a task tool says; the plan after it, null when it says nothing about tasks. */
export function planAfterTaskResult(tasks: Tasks, result: unknown): Plan | null {
  const isOfTasks = fieldOf(result, "task") !== undefined || fieldOf(result, "taskId") !== undefined;
  const parsed = isOfTasks ? TaskResult.safeParse(result) : null;
  if (parsed?.success !== true) return null;
  const { task, taskId, statusChange } = parsed.data;
  const known = taskId === undefined ? undefined : ownValue(tasks, taskId);
  if (task !== undefined) tasks[task.id] = { subject: task.subject, status: "pending" };
  else if (known !== undefined && statusChange !== undefined) known.status = statusChange.to;
  else return null;
  return planOf(Object.values(tasks));
}

/** The plan in the files of a session, those that can be read: `tasks/<session>/<n>.json` (2.1), else `todos/<session>-agent-<session>.json`. */
export function planInFiles(home: string, sessionId: string): Plan | null {
  const folder = join(home, "tasks", sessionId);
  const names = filesIn(folder).filter((name) => /^\d+\.json$/.test(name));
  names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const steps = names.map((name) => Step.safeParse(readJsonFile(join(folder, name))));
  const plan = planOf(steps.flatMap((step) => (step.success ? [step.data] : [])));
  if (plan !== null) return plan;
  const todos = Steps.safeParse(readJsonFile(join(home, "todos", `${sessionId}-agent-${sessionId}.json`)));
  return todos.success ? planOf(todos.data) : null;
}

/** The event that sets a plan. */
export function planEvent(plan: Plan, at: number, line: number | null): AgentEvent {
  return { type: "plan_changed", ...plan, at, line };
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No folder is no plan.
    return [];
  }
}
