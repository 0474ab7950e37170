import { incidents } from "./day-incidents.ts";
import { DayPlan, nine, type Pause } from "./day-plan.ts";
import { hour, minute } from "./sample-clock.ts";

/** The tasks of the day: what their programs write, and what is true of them. `sleep`: while the machine sleeps nothing is written. */
export function makeDay(isTidied: boolean, sleep: Pause | null): DayPlan {
  const day = new DayPlan(sleep, isTidied);
  const plain = (from: number, minutes: number, status: "completed" | "failed" | "timeout", given = {}) => {
    const [id, to] = [day.nextId(), from + minutes * minute];
    day.claim(from, id, "running", from);
    day.works(id, from, to);
    day.finishes(id, { madeAt: from, to }, status, given);
  };
  for (let index = 0; index < 12; index += 1) plain(nine + index * 37 * minute, 25 + index * 3, "completed");
  for (let index = 0; index < 5; index += 1)
    plain(nine + (index * 67 + 11) * minute, 18, "failed", { errorMessage: `build ${index} does not pass` });
  for (let index = 0; index < 2; index += 1) plain(nine + (index * 90 + 33) * minute, 40, "timeout");
  for (let index = 0; index < 3; index += 1) failsForAWhile(day, nine + (index * 80 + 20) * minute, index);
  for (let index = 0; index < 2; index += 1) failsBriefly(day, nine + (index * 100 + 5) * minute);
  for (let index = 0; index < 3; index += 1) fallsSilent(day, nine + (index * 75 + 40) * minute);
  queue(day);
  neverBegins(day);
  for (const ahead of [40_000, 5 * minute, -6 * minute]) otherClock(day, ahead);
  failsTwice(day);
  incidents(day);
  return day;
}

/** Fails again and again for a while, then finds its way. */
function failsForAWhile(day: DayPlan, from: number, index: number): void {
  const id = day.nextId();
  const [trouble, minutes] = [from + 10 * minute, 24];
  const over = trouble + minutes * minute;
  day.claim(from, id, "running", from);
  day.works(id, from, trouble);
  for (let call = 0; call < minutes; call += 1)
    day.call(trouble + call * minute, id, {
      tool: "bash",
      status: "failure",
      args: { command: `run ${index}-${call}` },
      error: `step ${call} is not there`,
    });
  // The third failure is trouble; the twelfth of the same kind may be called a loop.
  day.tells(id, "Struggling|Stuck", trouble + 2 * minute, over);
  day.tells(id, "Stuck", trouble + 11 * minute, over, true);
  day.tells(id, "Healthy", over + 20_000, over + 20 * minute);
  day.spell(id, "struggling", trouble + 2 * minute, over, true);
  day.works(id, over, trouble + 50 * minute);
  day.finishes(id, { madeAt: from, to: trouble + 50 * minute }, "completed");
}

/** Three failures within a minute, which one look at most can see. */
function failsBriefly(day: DayPlan, from: number): void {
  const id = day.nextId();
  day.claim(from, id, "running", from);
  day.works(id, from, from + 10 * minute);
  for (let call = 0; call < 3; call += 1)
    day.call(from + 10 * minute + call * 20_000, id, {
      tool: "bash",
      status: "failure",
      args: { command: `try ${call}` },
      error: `no ${call}`,
    });
  day.works(id, from + 11 * minute, from + 30 * minute);
  day.finishes(id, { madeAt: from, to: from + 30 * minute }, "completed");
}

/** Silent for an hour and a half, then killed by its launcher. */
function fallsSilent(day: DayPlan, from: number): void {
  const id = day.nextId();
  day.claim(from, id, "running", from);
  day.works(id, from, from + 15 * minute);
  day.tells(id, "Stuck", from + 29 * minute + 50_000, from + 105 * minute);
  day.finishes(id, { madeAt: from, to: from + 105 * minute }, "failed", { errorMessage: "killed" });
}

/** A queue of four, worked off one by one. */
function queue(day: DayPlan): void {
  for (let index = 0; index < 4; index += 1) {
    const id = day.nextId();
    const madeAt = nine + 30 * minute + index * 1_000;
    const from = nine + (30 + index * 25) * minute + 5_000;
    day.claim(madeAt, id, "created", madeAt);
    day.claim(from, id, "running", madeAt);
    day.works(id, from, from + 24 * minute);
    day.finishes(id, { madeAt, from, to: from + 24 * minute }, "completed");
  }
}

/** Created, and nobody ever begins. */
function neverBegins(day: DayPlan): void {
  const [id, madeAt] = [day.nextId(), nine + 2 * hour];
  day.claim(madeAt, id, "created", madeAt);
  day.tells(id, "Stuck", madeAt + 15 * minute, nine + 24 * hour);
}

/** Its container's clock goes ahead, or behind. */
function otherClock(day: DayPlan, ahead: number): void {
  const [id, from, to] = [day.nextId(), nine + 50 * minute, nine + 80 * minute];
  day.claim(from, id, "running", from, {}, ahead);
  day.works(id, from, to, ahead);
  day.finishes(id, { madeAt: from, to, ahead }, "completed");
}

/** Fails, is tried again in the same place, and fails again. */
function failsTwice(day: DayPlan): void {
  const id = day.nextId();
  const tries = [nine + 3 * hour, nine + 3 * hour + 31 * minute] as const;
  for (const from of tries) {
    const to = from + 12 * minute;
    day.claim(from, id, "running", from);
    day.works(id, from, to);
    day.claim(to, id, "failed", from, { error: `no disk at ${from}` });
    day.ended(id, "failure", from, to, from === tries[0] ? tries[1] : undefined);
  }
  day.tells(id, "Healthy", tries[1], tries[1] + 12 * minute);
}
