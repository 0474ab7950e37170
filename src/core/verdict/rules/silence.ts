import type { OpenCall } from "../../evidence/activity.ts";
import { isFileTool } from "../../evidence/call-kind.ts";
import { backgroundShell, originOf } from "../../evidence/stream.ts";
import { awakeMs, latest } from "../../text/time.ts";
import { type AssessOptions, openToolSilenceMs } from "../options.ts";
import type { TaskFacts } from "../task-facts.ts";
import { claimOrigin, type Rule } from "./rule.ts";

/** A tool's own time limit is checked by the agent itself; it gets this long to notice. */
const limitGraceMs = 30_000;

/** The evidence of its activity ends `--stuck-after` ago; twice that while a tool runs, or the tool's own limit. */
export const silence: Rule = (facts) => {
  const { lastActivityAt, lastActivityIn, idleMs, openCall } = facts;
  if (lastActivityIn === null || idleMs === null || isLeftToShell(facts)) return null;
  const thresholdMs = silenceThresholdMs(facts);
  if (idleMs < thresholdMs) return null;
  return {
    finding: { code: "no_activity", idleMs, thresholdMs, openCall },
    basis: "inferred",
    origin: originOf(lastActivityIn, lastActivityAt, lastActivityIn.activity.lastLine),
  };
};

// A server that outlives its turn writes nothing, and the registry says that it lives.
function isLeftToShell({ current, liveness }: TaskFacts): boolean {
  return (
    current?.busyWith === backgroundShell &&
    current.activity.ended?.outcome === "success" &&
    liveness?.state === "alive"
  );
}

/** Created, and nothing anywhere shows that it ever began. */
export const neverStarted: Rule = (facts) => {
  const { claim, now, options } = facts;
  if (claim?.status !== "created" || facts.lastActivityAt !== null || facts.delegation !== null) return null;
  // In a queue it waits for others; a launcher that still writes has not forgotten it.
  const lastAt = latest([claim.createdAt, claim.updatedAt]);
  const createdAt = claim.createdAt ?? lastAt;
  if (claim.isQueued || lastAt === null || createdAt === null) return null;
  if (awakeMs(lastAt, now, options.gaps ?? []) < options.stuckAfterMs) return null;
  return {
    finding: { code: "never_started", ageMs: now - createdAt, thresholdMs: options.stuckAfterMs },
    basis: "reported",
    origin: claimOrigin(facts),
  };
};

/** How long this task may be silent, in milliseconds. */
export function silenceThresholdMs(facts: TaskFacts): number {
  const { openCalls, runningChildren, childLimitMs, options } = facts;
  const limits = openCalls.map((call) => callSilenceMs(call, options));
  if (runningChildren.length > 0)
    limits.push(Math.max(openToolSilenceMs(options), childLimitMs + limitGraceMs));
  return limits.length === 0 ? options.stuckAfterMs : Math.max(...limits);
}

/** How long an open call may be silent: its own limit counts in both directions, and files are read and written in seconds. */
function callSilenceMs({ timeoutMs, tool }: OpenCall, options: AssessOptions): number {
  if (timeoutMs !== null) return timeoutMs + limitGraceMs;
  return isFileTool(tool) ? options.stuckAfterMs : openToolSilenceMs(options);
}
