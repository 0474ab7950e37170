import { earliest, latest } from "../text/time.ts";
import type { Recalled } from "./recall.ts";
import type { RecordedEnd } from "./recalled-event.ts";

/** What is on record of one task before this look, whoever looked. Times in epoch milliseconds. */
export type TaskPast = {
  readonly end: RecordedEnd | null;
  /** The last look at which somebody was asked something. */
  readonly askedAt: number | null;
  /** The last look at which it was created and not begun, and the first one after which it had. */
  readonly queuedAt: number | null;
  readonly begunAt: number | null;
};

/** Nothing is on record. */
export const noPast: TaskPast = { end: null, askedAt: null, queuedAt: null, begunAt: null };

/** What is on record of the task `subject`. */
export function pastOf({ readers, ends }: Recalled, subject: string): TaskPast {
  const looks = [...readers.values()].flatMap(({ tasks }) => tasks.get(subject) ?? []);
  const queuedAt = latest(looks.map((each) => each.queuedAt));
  return {
    end: ends.get(subject) ?? null,
    askedAt: latest(looks.map((each) => each.askedAt)),
    queuedAt,
    begunAt: earliest(
      looks.map(({ begunAt }) => (begunAt !== null && begunAt > (queuedAt ?? 0) ? begunAt : null)),
    ),
  };
}
