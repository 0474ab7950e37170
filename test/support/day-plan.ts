import { appendFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hour, minute } from "./sample-clock.ts";

/** When the day begins, and when it ends. */
export const nine = Date.UTC(2026, 10, 25, 9);
export const dayEnd = nine + 9 * hour;

/** Something that a person is to hear, from when on it can be seen until when; epoch milliseconds. */
export type Truth = {
  readonly id: string;
  readonly says: string;
  readonly from: number;
  readonly to: number;
  /** Nobody need hear of it, but it is true. */
  readonly isOptional?: true;
  /** So many looks in a row must find it: trouble is confirmed, and that a process is gone which nobody wrote down. */
  readonly looks: 1 | 2;
};

/** How an attempt ended, and how long it had worked. */
export type TrueEnd = {
  readonly id: string;
  readonly outcome: "success" | "failure" | "timeout";
  /** Null where nobody wrote down when it ended. */
  readonly workedMs: number | null;
  /** When it can be seen. */
  readonly at: number;
  readonly until: number;
};
/** Trouble or an open question, from when until when, and what became of it. */
export type TrueSpell = {
  readonly id: string;
  readonly kind: "struggling" | "asked";
  readonly from: number;
  readonly to: number;
  readonly isRecovered: boolean;
};

/** Time in which the machine does nothing: asleep, or down. */
export type Pause = { readonly from: number; readonly to: number };

/** What the programs of a day write, and what is true of them. Times are given as if the machine never slept. */
export class DayPlan {
  private readonly steps: { readonly at: number; readonly run: (root: string) => void }[] = [];
  readonly truths: Truth[] = [];
  readonly ends: TrueEnd[] = [];
  readonly spells: TrueSpell[] = [];
  /** When each task was first heard of. */
  readonly begun = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly sleep: Pause | null,
    private readonly isTidied: boolean,
  ) {}

  /** When something really happens: what would fall behind the beginning of a sleep comes so much later. */
  moved(time: number): number {
    return this.sleep === null || time < this.sleep.from ? time : time + this.sleep.to - this.sleep.from;
  }

  iso(time: number): string {
    return new Date(this.moved(time)).toISOString();
  }

  nextId(): string {
    this.count += 1;
    return `bg_day${String(this.count).padStart(3, "0")}`;
  }

  at(time: number, run: (root: string) => void): void {
    this.steps.push({ at: this.moved(time), run });
  }

  /** Appends a record to a file, which is then as old as that. */
  appendNow(root: string, time: number, file: string, line: object): void {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, `${JSON.stringify(line)}\n`);
    this.touch(path, time);
  }

  /** Writes a file anew. */
  writeNow(root: string, time: number, file: string, content: object): void {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(content));
    this.touch(path, time);
  }

  remove(time: number, file: string): void {
    this.at(time, (root) => rmSync(join(root, file), { recursive: true, force: true }));
  }

  private touch(path: string, time: number): void {
    utimesSync(path, this.moved(time) / 1_000, this.moved(time) / 1_000);
  }

  tells(id: string, says: string, from: number, to: number, isOptional?: true): void {
    const looks = /Struggling|Stuck|Unknown/.test(says) ? 2 : 1;
    this.isTrue({ id, says, from, to, looks, ...(isOptional === true ? { isOptional } : {}) });
  }

  private isTrue({ from, to, ...truth }: Truth): void {
    this.truths.push({ ...truth, from: this.moved(from), to: this.moved(to) });
  }

  spell(id: string, kind: TrueSpell["kind"], from: number, to: number, isRecovered: boolean): void {
    this.spells.push({ id, kind, from: this.moved(from), to: this.moved(to), isRecovered });
  }

  /** A launcher's claim. `ahead`: how far its clock goes ahead; milliseconds. */
  claim(time: number, id: string, status: string, madeAt: number, given: object = {}, ahead = 0): void {
    if (!this.begun.has(id)) this.begun.set(id, this.moved(time));
    const times = { timestamp: this.clock(madeAt, ahead), updatedAt: this.clock(time, ahead) };
    const content = { taskId: id, title: `Part ${id}`, status, ...times, ...given };
    this.at(time, (root) => this.writeNow(root, time, `.worktrees/${id}/status.json`, content));
  }

  clock(time: number, ahead: number): string {
    return new Date(this.moved(time) + ahead).toISOString();
  }

  call(time: number, id: string, call: object, ahead = 0): void {
    const line = { timestamp: this.clock(time, ahead), task_id: id, ...call };
    this.at(time, (root) => this.appendNow(root, time, ".agents/logs/tool_calls.jsonl", line));
  }

  /** An edit every 90 seconds. */
  works(id: string, from: number, to: number, ahead = 0): void {
    for (let time = from + 20_000; time < to; time += 90_000)
      this.call(time, id, { tool: "edit", status: "success", args: { path: `src/${time % 97}.ts` } }, ahead);
  }

  /** It ends as its launcher says; `from`: when its work began, `madeAt`: when it was created. */
  finishes(
    id: string,
    { madeAt, from = madeAt, to, ahead = 0 }: { madeAt: number; from?: number; to: number; ahead?: number },
    status: "completed" | "failed" | "timeout",
    given: object = {},
  ): void {
    this.claim(to, id, status, madeAt, given, ahead);
    const outcome = { completed: "success", failed: "failure", timeout: "timeout" } as const;
    this.ended(id, outcome[status], from, to);
    if (this.isTidied) this.remove(to + 20 * minute, `.worktrees/${id}`);
  }

  /** It is over, which can be seen until the day's end, or until it is started again. `from`: null where nobody wrote that down. */
  ended(
    id: string,
    outcome: TrueEnd["outcome"],
    from: number | null,
    to: number,
    until = nine + 24 * hour,
  ): void {
    const says = outcome === "success" ? "Completed" : "Failed";
    this.isTrue({ id, says, from: to, to: until, looks: from === null ? 2 : 1 });
    const workedMs = from === null ? null : this.moved(to) - this.moved(from);
    this.ends.push({ id, outcome, workedMs, at: this.moved(to), until: this.moved(until) });
  }

  /** What happens from one look to the next, in order. */
  inOrder(): readonly { readonly at: number; readonly run: (root: string) => void }[] {
    return this.steps.toSorted((a, b) => a.at - b.at);
  }
}
