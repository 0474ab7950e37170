import { fieldOf, recordOf, stringIn } from "./fields.ts";
import { type Health, healths } from "./finding.ts";

/** Of each run and task as `health/reason`. */
type States = Readonly<Record<string, string>>;
type Envelope = { readonly id: string; readonly time: string };
type TaskEnvelope = Envelope & { readonly subject: string };

/** What a run needs of an earlier one's events. */
export type RecalledEvent =
  | (Envelope & {
      readonly type: "agentmonitor.run.v1";
      readonly data: { readonly trigger: string; readonly tasks: States; readonly told: States | null };
    })
  | (TaskEnvelope & {
      readonly type: "agentmonitor.task.health_changed.v1";
      readonly data: { readonly run_id: string; readonly to: Health; readonly reason: string };
    })
  | (TaskEnvelope & { readonly type: "agentmonitor.task.health_still.v1" })
  | (TaskEnvelope & { readonly type: "agentmonitor.task.finished.v1" });

// `time` as every event has it.
const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Reads an event; null for what is none. By hand: every run reads thousands of them, a week's and more. */
export function parseRecalled(value: unknown): RecalledEvent | null {
  const [id, time, type] = [stringIn(value, "id"), stringIn(value, "time"), stringIn(value, "type")];
  if (id === undefined || time === undefined || !utc.test(time)) return null;
  const data = fieldOf(value, "data");
  if (type === "agentmonitor.run.v1") {
    const trigger = stringIn(data, "trigger");
    const tasks = fieldOf(data, "tasks");
    const told = fieldOf(data, "told");
    if (trigger === undefined || !isStates(tasks) || (told !== null && !isStates(told))) return null;
    return { id, time, type, data: { trigger, tasks, told } };
  }
  const subject = stringIn(value, "subject");
  if (subject === undefined) return null;
  if (type === "agentmonitor.task.health_still.v1" || type === "agentmonitor.task.finished.v1")
    return { id, time, subject, type };
  if (type !== "agentmonitor.task.health_changed.v1") return null;
  const to = healths.find((health) => health === stringIn(data, "to"));
  const [runId, reason] = [stringIn(data, "run_id"), stringIn(data, "reason")];
  if (to === undefined || runId === undefined || reason === undefined) return null;
  return { id, time, subject, type, data: { run_id: runId, to, reason } };
}

function isStates(value: unknown): value is States {
  const record = recordOf(value);
  if (record === null) return false;
  for (const name in record) if (typeof record[name] !== "string") return false;
  return true;
}
