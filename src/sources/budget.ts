import type { Problem } from "../core/problem.ts";
import { bytesRead } from "../io/tail.ts";
import { problemAt } from "./problem-at.ts";

/** What one source may cost a look. Cron starts the next one after four minutes. */
const limits = { timeMs: 20_000, bytes: 4 * 1024 ** 3 } as const;

/** How much a source may still read; what it had to leave out is named. Single files have limits of their own. */
export type Budget = {
  /** Whether the next file or session may be read; when not, it is noted as left out. */
  allows(path: string): boolean;
  /** What was left out. */
  problems(root: string): readonly Problem[];
};

/** A budget that begins when it is first asked. */
export function openBudget(limit: { readonly timeMs: number; readonly bytes: number } = limits): Budget {
  let begun: { readonly at: number; readonly bytes: number } | null = null;
  const left: string[] = [];
  return {
    allows(path) {
      begun ??= { at: performance.now(), bytes: bytesRead() };
      const isOver = performance.now() - begun.at > limit.timeMs || bytesRead() - begun.bytes > limit.bytes;
      if (isOver) left.push(path);
      return !isOver;
    },
    problems(root) {
      const [first] = left;
      if (first === undefined) return [];
      const others = left.length === 1 ? "" : ` and ${left.length - 1} more`;
      const spent = `${limit.timeMs / 1_000} s or ${limit.bytes / 1024 ** 2} MiB`;
      return [
        problemAt("over_budget", first, root, null, `${others.trim()} not read: ${spent} were spent`.trim()),
      ];
    },
  };
}
