import type { OpenCall } from "../../evidence/activity.ts";
import { isFileTool } from "../../evidence/call-kind.ts";
import { originOf } from "../../evidence/stream.ts";
import { awakeMs, latest } from "../../text/time.ts";
import { type AssessOptions, openToolSilenceMs } from "../options.ts";
import { isAtWork, type TaskFacts } from "../task-facts.ts";
import { claimOrigin, type Rule } from "./rule.ts";

/** A tool's own time limit is checked by the agent itself; it gets this long to notice. */
const limitGraceMs = 30_000;

/** The evidence of its activity ends `--stuck-after` ago; twice that while a tool runs, or the tool's own limit. */
export const silence: Rule = (facts) => {
  const { lastActivityAt, lastActivityIn, idleMs, openCall } = facts;
  if (lastActivityIn === null || idleMs === null) return null;
  if (isLeftToWait(facts) || waitsForAsking(facts)) return null;
  const thresholdMs = silenceThresholdMs(facts);
  if (idleMs < thresholdMs) return null;
  return {
    finding: { code: "no_activity", idleMs, thresholdMs, openCall },
    basis: "inferred",
    origin: originOf(lastActivityIn, lastActivityAt, lastActivityIn.activity.lastLine),
  };
};

/**
 * Records in a log, and nothing claims that work or runs it: where they end nobody knows whether the work does. Loops and
 * failures in them are over, too.
 */
export const endOfLog: Rule = (facts) => {
  const { task, lastActivityAt, lastActivityIn, idleMs, liveness } = facts;
  const isClaimed = task.status !== null || facts.delegation?.result === null;
  if (isClaimed || lastActivityIn === null || idleMs === null || liveness?.state === "alive") return null;
  const thresholdMs = silenceThresholdMs(facts);
  if (idleMs < thresholdMs || facts.streams.some(({ kind }) => kind !== "log")) return null;
  return {
    finding: { code: "log_ends", idleMs, thresholdMs },
    basis: "inferred",
    origin: originOf(lastActivityIn, lastActivityAt, lastActivityIn.activity.lastLine),
  };
};

// A server that outlives its turn, or a watch on something outside, writes nothing while its process lives.
function isLeftToWait({ current, liveness }: TaskFacts): boolean {
  return (
    current?.mayBeSilent === true &&
    current.activity.ended?.outcome === "success" &&
    liveness?.state === "alive"
  );
}

// Its turn is over, and a background task of its own asks a person: that one's row says so.
function waitsForAsking({ task, current }: TaskFacts): boolean {
  if (current === null || current.activity.ended === null) return false;
  return task.children.some(
    (child) => isAtWork(child) && (child.waiting ?? child.activity.waiting)?.for === "permission",
  );
}

/** Created, and nothing anywhere shows that it ever began. */
export const neverStarted: Rule = (facts) => {
  const age = unbegunAge(facts);
  if (age?.isLate !== true) return null;
  return {
    finding: { code: "never_started", ageMs: age.ageMs, thresholdMs: facts.options.stuckAfterMs },
    basis: "reported",
    origin: claimOrigin(facts),
  };
};

/** Created, and there is still time for it to begin. */
export const notBegun: Rule = (facts) => {
  const age = unbegunAge(facts);
  if (age === null) return null;
  return {
    finding: {
      code: "queued",
      behind: null,
      word: facts.claim?.reportedStatus ?? "created",
      ageMs: age.ageMs,
    },
    basis: "reported",
    origin: claimOrigin(facts),
  };
};

function unbegunAge({ claim, delegation, lastActivityAt, now, options }: TaskFacts) {
  if (claim?.status !== "created" || lastActivityAt !== null || delegation !== null) return null;
  // In a queue it waits for others; a launcher that still writes has not forgotten it.
  const lastAt = latest([claim.createdAt, claim.updatedAt]);
  const createdAt = claim.createdAt ?? lastAt;
  if (lastAt === null || createdAt === null) return null;
  const ageMs = Math.max(0, now - createdAt);
  const isLate = !claim.isQueued && awakeMs(lastAt, now, options.gaps ?? []) >= options.stuckAfterMs;
  return { ageMs, isLate };
}

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
