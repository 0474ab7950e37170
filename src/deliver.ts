import { appendFileSync, existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { CommandLine } from "./command-line.ts";
import { writeCheckpoint } from "./io/checkpoint-file.ts";
import { appendEvents } from "./io/event-log.ts";
import { statsOf } from "./io/open-file.ts";
import { realPath } from "./io/worktrees.ts";
import type { RunResult } from "./run.ts";
import { messageOf } from "./trouble.ts";

/**
 * Writes what is to be written besides the report, each on its own; returns what could not be, in words. `isDelivered`:
 * somebody got the report.
 */
export async function deliver(
  result: RunResult,
  options: CommandLine,
  isDelivered: boolean,
): Promise<readonly string[]> {
  const { report, rows, eventLog } = result;
  const troubles: string[] = [];
  if (options.record && !hasNothingToRecord(result)) {
    const isRecorded = await attempt(troubles, eventLog, "free it, or run with --no-record", () => {
      if (result.eventLogTrouble !== null) throw new Error(`it ${result.eventLogTrouble}`);
      appendEvents(eventLog, result.record(isDelivered), result.hasEventLog);
    });
    // Last: a look that saved its place must have told what it saw.
    if (isRecorded)
      await attempt(troubles, result.checkpointFile, "remove it, or run with --no-record", () =>
        writeCheckpoint(result.checkpointFile, result.checkpoint, result.keptBefore),
      );
  }
  const metrics = options.prometheus;
  if (metrics !== null)
    await attempt(troubles, metrics, "give --prometheus a file of its own that can be written", async () => {
      const own = [eventLog, result.checkpointFile].map(realPath);
      if (own.includes(realPath(resolve(metrics)))) throw new Error("it is this program's own record");
      const [{ renderMetrics }, { replaceFile }] = await Promise.all([
        import("./render/prometheus.ts"),
        import("./io/replace-file.ts"),
      ]);
      replaceFile(metrics, renderMetrics(report, rows), 0o644);
    });
  const summary = isWorkflow(options) ? process.env.GITHUB_STEP_SUMMARY : undefined;
  if (summary)
    await attempt(troubles, summary, "GITHUB_STEP_SUMMARY must name a file", async () => {
      const { renderJobSummary } = await import("./render/github.ts");
      appendFileSync(summary, renderJobSummary(report));
    });
  return troubles;
}

/** Whether a GitHub workflow waits for annotations. */
export function isWorkflow({ check }: CommandLine): boolean {
  return check && Boolean(process.env.GITHUB_ACTIONS);
}

/** No agent works here and none did: nobody wants a folder for that. */
function hasNothingToRecord({ report, eventLog }: RunResult): boolean {
  const isEmpty = report.tasks.length === 0 && report.problems.length === 0;
  return isEmpty && !existsSync(dirname(dirname(eventLog)));
}

async function attempt(
  troubles: string[],
  path: string,
  advice: string,
  write: () => void | Promise<void>,
): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    troubles.push(`${path}: cannot be written (${messageOf(error)}${ownerOf(path)}); ${advice}`);
    return false;
  }
}

/** A first run as root leaves files that later ones may not write. */
function ownerOf(path: string): string {
  const owner = [path, dirname(path)].map((each) => statsOf(each)?.uid).find((uid) => uid !== undefined);
  return owner === undefined || owner === process.geteuid?.() ? "" : `; it belongs to the user ${owner}`;
}
