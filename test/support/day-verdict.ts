import { quantile } from "../../src/core/review/quantile.ts";
import type { Review } from "../../src/core/review/review.ts";
import { type DayPlan, dayEnd, nine, type Pause, type TrueSpell, type Truth } from "./day-plan.ts";
import { hour } from "./sample-clock.ts";

/** A line that a reader was told; `at`: epoch milliseconds. */
export type Told = { readonly at: number; readonly text: string };

/** When the same trouble is told again after it was told: these times, then daily. */
const reminders = [1, 2, 4, 8].map((hours) => hours * hour);

export type DayVerdict = {
  readonly lines: number;
  readonly isTrue: number;
  /** True, and new or due. */
  readonly isUseful: number;
  readonly told: number;
  readonly visible: number;
  readonly medianMs: number;
  /** The most of one task. */
  readonly reminders: number;
  /** What was false, told again, or not told. */
  readonly faults: readonly string[];
};

/** Holds what a reader was told, at looks at `times`, against the truth; `pauses`: when nobody could look. */
export function judgeDay(
  day: DayPlan,
  lines: readonly Told[],
  times: readonly number[],
  intervalMs: number,
  pauses: readonly Pause[],
): DayVerdict {
  const untold = new Set(pauses);
  const open = new Set(day.truths);
  const toldAt = new Map<Truth, number>();
  const latencies: number[] = [];
  const reminded = new Map<string, number>();
  const faults: string[] = [];
  let [isTrue, isUseful] = [0, 0];
  for (const { at, text } of lines) {
    const pause = [...untold].find(({ to }) => isPauseNote(text) && to <= at && at <= to + intervalMs);
    if (pause !== undefined) {
      untold.delete(pause);
      [isTrue, isUseful] = [isTrue + 1, isUseful + 1];
      continue;
    }
    const known = day.truths.filter((truth) => holds(truth, text, at, intervalMs));
    if (known.length === 0) {
      faults.push(`false: ${text}`);
      continue;
    }
    isTrue += 1;
    const fresh = known.filter((truth) => open.has(truth));
    const isStill = text.includes(": still ");
    if (fresh.length > 0 && !isStill) {
      for (const truth of fresh) {
        open.delete(truth);
        toldAt.set(truth, at);
      }
      latencies.push(at - Math.min(...fresh.map(({ from }) => from)));
      isUseful += 1;
    } else if (isStill && known.some((truth) => isDue(at - (toldAt.get(truth) ?? at), intervalMs))) {
      isUseful += 1;
      for (const id of new Set(known.map((truth) => truth.id))) reminded.set(id, (reminded.get(id) ?? 0) + 1);
    } else faults.push(`again: ${text}`);
  }
  const missed = [...open].filter((truth) => truth.isOptional !== true && isVisible(truth, day, times));
  for (const { id, says, from } of missed)
    faults.push(`missed: ${id} ${says} from ${new Date(from).toISOString()}`);
  latencies.sort((a, b) => a - b);
  return {
    lines: lines.length,
    isTrue,
    isUseful,
    told: toldAt.size,
    visible: toldAt.size + missed.length,
    medianMs: latencies[latencies.length >> 1] ?? 0,
    reminders: Math.max(0, ...reminded.values()),
    faults,
  };
}

// Each pause is one of the machine's, and told once.
function isPauseNote(text: string): boolean {
  return text.startsWith("Note: no monitor runs ");
}

function holds(truth: Truth, text: string, at: number, intervalMs: number): boolean {
  const id = text.match(/\((bg_\w+)\)/)?.[1];
  const word =
    text.match(/(Failed|Completed|Stuck|Struggling|Healthy|Waiting|Unknown|Cancelled|gone)\b(?! ->)/)?.[1] ??
    "";
  return (
    truth.id === id && new RegExp(truth.says).test(word) && truth.from <= at && at <= truth.to + intervalMs
  );
}

function isDue(sinceToldMs: number, intervalMs: number): boolean {
  return reminders.some((due) => sinceToldMs >= due - intervalMs && sinceToldMs <= due + 2 * intervalMs);
}

// That it is well again is told to whom its trouble could be told.
function isVisible(truth: Truth, day: DayPlan, times: readonly number[]): boolean {
  const looks = times.filter((time) => truth.from <= time && time < Math.min(truth.to, dayEnd)).length;
  if (looks < truth.looks || truth.says !== "Healthy") return looks >= truth.looks;
  const trouble = day.truths.findLast(
    ({ id, says, from, isOptional }) =>
      id === truth.id && says !== "Healthy" && from < truth.from && isOptional !== true,
  );
  return trouble !== undefined && isVisible(trouble, day, times);
}

/** What the review of the day says that the truth does not; nothing where it is right. */
export function judgeReview(
  day: DayPlan,
  review: Review,
  times: readonly number[],
  intervalMs: number,
): readonly string[] {
  const wrong: string[] = [];
  const counts = (name: string, found: number, truth: number) => {
    if (found !== truth) wrong.push(`${name} ${found}, not ${truth}`);
  };
  const lasts = (name: string, foundS: number | null, truthMs: number | null, slackMs = intervalMs) => {
    if (truthMs === null ? foundS !== null : foundS === null || Math.abs(foundS * 1_000 - truthMs) > slackMs)
      wrong.push(`${name} ${foundS} s, not ${truthMs === null ? null : truthMs / 1_000} s`);
  };
  const looksIn = (from: number, to: number) => times.filter((time) => from <= time && time < to).length;
  const ends = day.ends.filter(({ at, until }) => looksIn(at, until) > 0);
  const outcomes = ["success", "failure", "timeout"] as const;
  for (const outcome of outcomes)
    counts(outcome, review.outcomes[outcome], ends.filter((end) => end.outcome === outcome).length);
  const worked = ends.flatMap(({ workedMs }) => workedMs ?? []);
  lasts("median duration", review.durations.median_s, quantile(worked, 0.5));
  lasts("p90 duration", review.durations.p90_s, quantile(worked, 0.9));
  const seen = (kind: TrueSpell["kind"], looks: number) =>
    day.spells.filter((spell) => spell.kind === kind && looksIn(spell.from, spell.to) >= looks);
  const trouble = seen("struggling", 2);
  counts("struggling spells", review.struggling.spells, trouble.length);
  counts("recovered", review.struggling.recovered, trouble.filter((spell) => spell.isRecovered).length);
  counts("worsened", review.struggling.worsened, trouble.filter((spell) => !spell.isRecovered).length);
  const recoveries = trouble.filter((spell) => spell.isRecovered).map(({ from, to }) => to - from);
  lasts("median recovery", review.struggling.median_recovery_s, quantile(recoveries, 0.5));
  const asked = seen("asked", 1);
  const lengths = asked.map(({ from, to }) => to - from);
  const { asked: found } = review.waiting;
  counts("tasks that asked", found.tasks, new Set(asked.map(({ id }) => id)).size);
  lasts("asked, longest", found.longest_s, lengths.length === 0 ? null : Math.max(...lengths));
  lasts(
    "asked, all of it",
    found.total_s,
    lengths.reduce((sum, length) => sum + length, 0),
    intervalMs * Math.max(1, lengths.length),
  );
  counts("open", review.open, openAt(day, times.at(-1) ?? nine));
  return wrong;
}

/** Tasks that had begun and not ended. */
function openAt(day: DayPlan, time: number): number {
  return [...day.begun].filter(
    ([id, from]) =>
      from <= time && !day.ends.some((end) => end.id === id && end.at <= time && time < end.until),
  ).length;
}
