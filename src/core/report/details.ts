import { needsReason, saysEnded } from "../claims/status-word.ts";
import { formatDuration, plural } from "../text/duration.ts";
import { problemPlace } from "../text/problem.ts";
import { plainPath } from "../text/safe-text.ts";
import { clockToleranceMs, formatMoment } from "../text/time.ts";
import type { Assessment } from "../verdict/health.ts";
import type { TaskFacts } from "../verdict/task-facts.ts";
import { findingDetails } from "../verdict/words.ts";
import { overruled } from "./evidence-rows.ts";

/** What else there is to say of a verdict, a line each; for people. */
export function detailsOf(assessment: Assessment): string[] {
  const { facts, verdict } = assessment;
  const against = overruled(assessment);
  const found = findingDetails(verdict.finding, facts);
  const notes = [
    ...besideNotes(assessment),
    ...claimNotes(assessment),
    ...(facts.liveness?.isUnseen === true ? [facts.liveness.says] : []),
    ...(silenceCodes.test(verdict.finding.code) ? gapNotes(facts) : []),
    ...facts.streams.flatMap((stream) => stream.notes),
  ];
  // What is claimed and what was seen of a dead process belong in one line.
  if (verdict.finding.code === "process_gone") return [[...against, ...found].join("; "), ...notes];
  return [...new Set([...against, ...found, ...notes])];
}

/** The findings that are made of silence: only there it matters which time counts. */
const silenceCodes = /^(no_activity|log_ends|child_running|recent_activity)$/;

/** `+1 session here: Healthy` */
function besideNotes({ besides }: Assessment): string[] {
  if (besides.length === 0) return [];
  const words = [...new Set(besides)].map((health) => health.charAt(0).toUpperCase() + health.slice(1));
  return [`+${plural(besides.length, "session")} here: ${words.join(", ")}`];
}

/** What is odd about the status file, and what happened after it spoke last. */
function claimNotes({ facts, verdict }: Assessment): string[] {
  const { task, claim, lastActivityAt, now } = facts;
  const { finding, origin } = verdict;
  if (task.status === null || finding.code === "claim_unreadable") return [];
  const odd = task.status.problems.map((problem) => `${problemPlace(problem)}: ${problem.message}`);
  const zone =
    claim?.zone == null
      ? []
      : [`${plainPath(task.status.path)}: times without a zone, read as ${claim.zone}`];
  const endedAt = origin.source === "status.json" && saysEnded(claim?.status ?? null) ? origin.at : null;
  const wentOn = endedAt !== null && lastActivityAt !== null && lastActivityAt > endedAt + clockToleranceMs;
  const late = wentOn ? [`its calls went on until ${formatMoment(lastActivityAt, now)}`] : [];
  // A failure, or a wait, quotes it in its own words.
  const isQuoted = claim?.error == null || needsReason(claim.status);
  const error = isQuoted ? [] : [`status.json tells an error: "${claim.error}"`];
  return [...error, ...odd, ...zone, ...late];
}

function gapNotes({ lastActivityAt, options, now }: TaskFacts): string[] {
  if (lastActivityAt === null) return [];
  const since = (options.gaps ?? []).filter(({ to }) => to > lastActivityAt);
  const asleepMs = since.reduce((sum, { from, to }) => sum + to - from, 0);
  if (asleepMs === 0) return [];
  return [
    `last activity ${formatMoment(lastActivityAt, now)}; the ${formatDuration(asleepMs)} monitoring gap is not counted as idle`,
  ];
}
