import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hour, minute } from "./sample-clock.ts";

/** When the day begins. */
export const nine = Date.UTC(2026, 10, 25, 9);
/** Something that a person is to hear, from when on it can be seen until when. */
type Truth = {
  readonly id: string;
  readonly says: string;
  readonly from: number;
  readonly to: number;
  readonly isOptional?: true;
};
type Step = { readonly at: number; readonly run: (root: string) => void };
export type Day = {
  readonly steps: readonly Step[];
  readonly truths: readonly Truth[];
  readonly ends: number;
};

const iso = (at: number) => new Date(at).toISOString();
const log = (root: string, line: object) =>
  appendFileSync(join(root, ".agents/logs/tool_calls.jsonl"), `${JSON.stringify(line)}\n`);
function claim(root: string, id: string, given: object): void {
  mkdirSync(join(root, ".worktrees", id), { recursive: true });
  writeFileSync(
    join(root, ".worktrees", id, "status.json"),
    JSON.stringify({ taskId: id, title: `Part ${id}`, ...given }),
  );
}

/** The tasks of the day: what their programs write, and what is true of them. */
export function makeDay(isTidied: boolean): Day {
  const steps: Step[] = [];
  const truths: Truth[] = [];
  let [count, ends] = [0, 0];
  const at = (time: number, run: Step["run"]) => steps.push({ at: time, run });
  const works = (id: string, from: number, to: number, ahead = 0) => {
    for (let time = from + 20_000; time < to; time += 90_000)
      at(time, (root) =>
        log(root, {
          timestamp: iso(time + ahead),
          task_id: id,
          tool: "edit",
          status: "success",
          args: { path: `src/${time % 97}.ts` },
        }),
      );
  };
  const begins = (id: string, from: number, ahead = 0) =>
    at(from, (root) =>
      claim(root, id, { status: "running", timestamp: iso(from + ahead), updatedAt: iso(from + ahead) }),
    );
  const finishes = (id: string, from: number, to: number, status: string, given: object = {}) => {
    at(to, (root) => claim(root, id, { status, timestamp: iso(from), updatedAt: iso(to), ...given }));
    const says = status === "completed" ? "Completed" : "Failed";
    truths.push({ id, says, from: to, to: nine + 24 * hour });
    ends += 1;
    if (isTidied)
      at(to + 20 * minute, (root) => rmSync(join(root, ".worktrees", id), { recursive: true, force: true }));
  };
  const next = () => {
    count += 1;
    return `bg_day${String(count).padStart(3, "0")}`;
  };
  const plain = (from: number, minutes: number, status: string, given: object = {}) => {
    const id = next();
    begins(id, from);
    works(id, from, from + minutes * minute);
    finishes(id, from, from + minutes * minute, status, given);
    return id;
  };
  for (let index = 0; index < 12; index += 1) plain(nine + index * 37 * minute, 25 + index * 3, "completed");
  for (let index = 0; index < 5; index += 1)
    plain(nine + (index * 67 + 11) * minute, 18, "failed", { errorMessage: `build ${index} does not pass` });
  for (let index = 0; index < 2; index += 1) plain(nine + (index * 90 + 33) * minute, 40, "timeout");
  // Fails again and again for a while, then finds its way.
  for (let index = 0; index < 3; index += 1) {
    const [id, from] = [next(), nine + (index * 80 + 20) * minute];
    begins(id, from);
    works(id, from, from + 10 * minute);
    const trouble = from + 10 * minute;
    const minutes = 24;
    for (let call = 0; call < minutes; call += 1) {
      const time = trouble + call * minute;
      at(time, (root) =>
        log(root, {
          timestamp: iso(time),
          task_id: id,
          tool: "bash",
          status: "failure",
          args: { command: `run ${index}-${call}` },
          error: `step ${call} is not there`,
        }),
      );
    }
    // The third failure is trouble, the twelfth of the same kind is a loop.
    truths.push({ id, says: "Struggling|Stuck", from: trouble + 2 * minute, to: trouble + minutes * minute });
    truths.push({
      id,
      says: "Stuck",
      from: trouble + 11 * minute,
      to: trouble + minutes * minute,
      isOptional: true,
    });
    truths.push({
      id,
      says: "Healthy",
      from: trouble + minutes * minute + 20_000,
      to: trouble + (minutes + 20) * minute,
    });
    works(id, trouble + minutes * minute, trouble + 50 * minute);
    finishes(id, from, trouble + 50 * minute, "completed");
  }
  // Three failures within two minutes, which one look at most can see.
  for (let index = 0; index < 2; index += 1) {
    const [id, from] = [next(), nine + (index * 100 + 5) * minute];
    begins(id, from);
    works(id, from, from + 10 * minute);
    for (let call = 0; call < 3; call += 1) {
      const time = from + 10 * minute + call * 20_000;
      at(time, (root) =>
        log(root, {
          timestamp: iso(time),
          task_id: id,
          tool: "bash",
          status: "failure",
          args: { command: `try ${call}` },
          error: `no ${call}`,
        }),
      );
    }
    works(id, from + 11 * minute, from + 30 * minute);
    finishes(id, from, from + 30 * minute, "completed");
  }
  // Silent for an hour and a half, then killed.
  for (let index = 0; index < 3; index += 1) {
    const [id, from] = [next(), nine + (index * 75 + 40) * minute];
    begins(id, from);
    works(id, from, from + 15 * minute);
    truths.push({ id, says: "Stuck", from: from + 29 * minute + 50_000, to: from + 105 * minute });
    finishes(id, from, from + 105 * minute, "failed", { errorMessage: "killed" });
  }
  // A queue of four, worked off one by one.
  const batch = [next(), next(), next(), next()];
  for (const [index, id] of batch.entries()) {
    const [made, from] = [nine + 30 * minute + index * 1_000, nine + (30 + index * 25) * minute + 5_000];
    at(made, (root) => claim(root, id, { status: "created", timestamp: iso(made), updatedAt: iso(made) }));
    at(from, (root) => claim(root, id, { status: "running", timestamp: iso(made), updatedAt: iso(from) }));
    works(id, from, from + 24 * minute);
    finishes(id, made, from + 24 * minute, "completed");
  }
  // Created, and nobody ever begins.
  const never = next();
  at(nine + 2 * hour, (root) =>
    claim(root, never, {
      status: "created",
      timestamp: iso(nine + 2 * hour),
      updatedAt: iso(nine + 2 * hour),
    }),
  );
  truths.push({ id: never, says: "Stuck", from: nine + 2 * hour + 15 * minute, to: nine + 24 * hour });
  // A clock that is 40 seconds ahead.
  const ahead = next();
  begins(ahead, nine + 50 * minute, 40_000);
  works(ahead, nine + 50 * minute, nine + 80 * minute, 40_000);
  finishes(ahead, nine + 50 * minute, nine + 80 * minute, "completed");
  // Fails, is tried again in the same place, and fails again.
  const again = next();
  for (const from of [nine + 3 * hour, nine + 3 * hour + 31 * minute]) {
    begins(again, from);
    works(again, from, from + 12 * minute);
    at(from + 12 * minute, (root) =>
      claim(root, again, {
        status: "failed",
        timestamp: iso(from),
        updatedAt: iso(from + 12 * minute),
        error: `no disk at ${from}`,
      }),
    );
    truths.push({ id: again, says: "Failed", from: from + 12 * minute, to: nine + 24 * hour });
    ends += 1;
  }
  truths.push({
    id: again,
    says: "Healthy",
    from: nine + 3 * hour + 31 * minute,
    to: nine + 3 * hour + 43 * minute,
  });
  return { steps: steps.sort((a, b) => a.at - b.at), truths, ends };
}
