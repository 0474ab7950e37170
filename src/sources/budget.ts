import type { Problem } from "../core/text/problem.ts";
import { bytesRead } from "../io/open-file.ts";
import { problemAt } from "./problem-at.ts";

/**
 * What one source may cost a run: bytes and files, no time, since a busy machine must not change what is found. Cron starts
 * the next run after four minutes.
 */
const limits = {
  files: 100_000,
  bytes: 16 * 1024 ** 3,
  logBytes: 16 * 1024 ** 3,
} as const;

/** How much a source may still read; what it had to leave out is named. Single files have limits of their own. */
export type Budget = {
  /** Of a longer log only so much of its end is read. */
  readonly logBytes: number;
  /** Whether the next file or session may be read; when not, it is noted as left out. */
  allows(path: string): boolean;
  /** What was left out. */
  problems(root: string): readonly Problem[];
};

/** A budget that begins when it is first asked. */
export function openBudget(limit: Readonly<Partial<Record<keyof typeof limits, number>>> = {}): Budget {
  const { files, bytes, logBytes } = { ...limits, ...limit };
  let begunAt: number | null = null;
  let asked = 0;
  const left: string[] = [];
  return {
    logBytes,
    allows(path) {
      begunAt ??= bytesRead();
      asked += 1;
      const isOver = asked > files || bytesRead() - begunAt > bytes;
      if (isOver) left.push(path);
      return !isOver;
    },
    problems(root) {
      const [first] = left;
      if (first === undefined) return [];
      const others = left.length === 1 ? "" : ` and ${left.length - 1} more`;
      const spent = `${files} files or ${bytes / 1024 ** 2} MiB`;
      return [
        problemAt("over_budget", first, root, null, `${others.trim()} not read: ${spent} were read`.trim()),
      ];
    },
  };
}
