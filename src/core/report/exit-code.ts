import type { Health } from "../log/health.ts";

export type ExitCode = 0 | 1 | 2 | 3;

/** The exit code of a plain run: the report could be made, or not. */
export const exitCodes = { trustworthy: 0, noReport: 3 } as const;

/** What `--check` exits with. Worst first: failed 2, needs a person 1, not known 3, well 0. */
export function checkExitCode(healths: readonly Health[], unreadableInputs: number): ExitCode {
  if (healths.includes("failed")) return 2;
  if (healths.some((health) => health === "waiting" || health === "struggling" || health === "stuck"))
    return 1;
  return healths.includes("unknown") || unreadableInputs > 0 ? 3 : 0;
}
