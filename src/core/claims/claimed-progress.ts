import { type Fields, recordOf } from "../text/fields.ts";
import { describe, numberOf, type StatusFields, textOf } from "./status-fields.ts";
import { meantStatus, saysEnded } from "./status-word.ts";

/** How far a task is by its own word; null where that is not said. */
export type ClaimedProgress = {
  /** `total` null: how many there are is not said. */
  readonly steps: { readonly done: number; readonly total: number | null } | null;
  /** Per cent, where it gives that and no steps. */
  readonly percent: number | null;
  /** The step that a list of steps marks as the current one. */
  readonly step: string | null;
};

const nothing: ClaimedProgress = { steps: null, percent: null, step: null };
const expected = '{"done": 2, "total": 5}, "2/5", "40%" or a list of steps';

/** Reads `steps`, else `progress`. `current`: the current step, as the file names it elsewhere. */
export function readProgress(fields: StatusFields, current: string | null): ClaimedProgress {
  const [steps, progress] = ["steps", "progress"].map((name) =>
    fields.read([name], (value, key) => progressOf(value, key, current, fields), expected),
  );
  // Counted steps say more than a share of them.
  return [steps, progress].find((each) => each?.steps != null) ?? steps ?? progress ?? nothing;
}

function progressOf(
  value: unknown,
  key: string,
  current: string | null,
  fields: StatusFields,
): ClaimedProgress | null | undefined {
  if (Array.isArray(value)) return listedSteps(value, current);
  const record = recordOf(value);
  if (record !== null) return countedSteps(record, key, fields);
  const [, done, total] =
    /^\s*(\d+)\s*(?:\/|of)\s*(\d+)\b/.exec(typeof value === "string" ? value : "") ?? [];
  if (done !== undefined && total !== undefined) return stepsOf(Number(done), Number(total));
  return percentOf(value);
}

// A number up to 1 is a share of the whole, one above it per cent.
function percentOf(value: unknown): ClaimedProgress | null | undefined {
  const isSigned = typeof value === "string" && value.trim().endsWith("%");
  const number = numberOf(isSigned ? value.trim().slice(0, -1) : value);
  if (number === undefined) return textOf(value) === null ? null : undefined;
  const percent = isSigned || number > 1 ? number : number * 100;
  return percent >= 0 && percent <= 100 ? { ...nothing, percent: Math.round(percent) } : undefined;
}

function countedSteps(record: Fields, key: string, fields: StatusFields): ClaimedProgress | null | undefined {
  const doneKey = ["done", "completed", "current"].find((key) => record[key] !== undefined) ?? "done";
  const { total } = record;
  const percent = record.percent ?? record.percentage;
  // Some writers give the keys before there is a plan.
  if (record[doneKey] == null && total == null) return percent == null ? null : percentOf(`${percent}%`);
  const [doneCount, totalCount] = [numberOf(record[doneKey]), total == null ? null : numberOf(total)];
  const wrong = !isCount(doneCount) ? doneKey : totalCount !== null && !isCount(totalCount) ? "total" : null;
  if (doneCount === undefined || totalCount === undefined || wrong !== null) {
    const name = wrong ?? doneKey;
    fields.report("wrong_type", `${key}.${name} must be a number, got ${describe(record[name])}`);
    return null;
  }
  return stepsOf(doneCount, totalCount);
}

function isCount(value: number | undefined | null): boolean {
  return value != null && value >= 0;
}

type ListedStep = { readonly title: string | null; readonly isDone: boolean | null; readonly isNow: boolean };

// Names alone tell how many there are; how far it is, only where one of them is the current step.
function listedSteps(list: readonly unknown[], current: string | null): ClaimedProgress | null | undefined {
  const steps = list.map(listedStep);
  const known = steps.filter((step) => step !== undefined);
  if (known.length < steps.length) return undefined;
  if (known.some(({ isDone }) => isDone !== null)) {
    const open = known.filter(({ isDone }) => isDone !== true);
    const step = open.find(({ isNow }) => isNow) ?? (open.length < known.length ? open[0] : undefined);
    return { ...stepsOf(known.length - open.length, known.length), step: step?.title ?? null };
  }
  const wanted = current?.trim().toLowerCase();
  const at = known.findIndex(({ title }) => title !== null && title.trim().toLowerCase() === wanted);
  return at === -1 ? null : stepsOf(at, known.length);
}

function listedStep(value: unknown): ListedStep | undefined {
  if (typeof value === "string") return { title: value, isDone: null, isNow: false };
  const record = recordOf(value);
  if (record === null) return undefined;
  const title = textOf(record.title ?? record.name ?? record.step ?? record.content ?? record) ?? null;
  const done = record.done ?? record.completed;
  if (typeof done === "boolean") return { title, isDone: done, isNow: false };
  const word = textOf(record.status ?? record.state) ?? null;
  const meant = word === null ? null : meantStatus(word);
  return { title, isDone: word === null ? null : saysEnded(meant), isNow: meant === "running" };
}

function stepsOf(done: number, total: number | null): ClaimedProgress {
  if (total === null) return { ...nothing, steps: { done: Math.floor(done), total: null } };
  const whole = Math.floor(total);
  if (whole === 0) return nothing;
  return { ...nothing, steps: { done: Math.min(Math.floor(done), whole), total: whole } };
}
