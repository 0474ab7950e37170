import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import type { Claim } from "../../core/evidence/stream.ts";
import { type Launch, launchMarginMs } from "./children.ts";
import { isWithoutReply, type Told } from "./notices.ts";
import type { Conversation } from "./records.ts";

/** A notice that is not there this long after the end will not come. */
const noticeWithinMs = 30_000;

/** Where a session came from, and what its parent was told. */
export type Origin = {
  readonly launch: Launch;
  readonly told: readonly Told[];
  readonly parent: Conversation;
};

/** What was said about the launched work since its last launch, in the order of time. */
function toldOf({ launch, told }: Origin): readonly Told[] {
  return told.filter(
    ({ id, claim }) =>
      (id === launch.taskId || id === launch.sessionId) && (claim.at ?? 0) >= launch.at - launchMarginMs,
  );
}

/** The claims about it that may disagree with what it does: that it worked before it ended is none. */
export function claimsAbout(origin: Origin, { ended }: Activity): readonly Claim[] {
  return toldOf(origin)
    .map(({ claim }) => claim)
    .filter(({ says, at }) => says !== "open" || ended === null || (at ?? 0) > ended.at);
}

/** Who cancels a session stops it, and tells its parent, within this time. */
const cancelWithinMs = 60_000;
/** A person who stops a parent stops its children at once. */
const togetherMs = 5_000;

/**
 * What the announcements say of an end that the session itself does not tell: it is gone or never answered, it was given up
 * in the middle of a step, or it was stopped. An announced success of a session without an answer is none.
 */
export function announcedEnd(
  origin: Origin,
  activity: Activity,
  { hasAnswer, now }: { readonly hasAnswer: boolean; readonly now: number },
): AgentEvent[] {
  const { ended, lastActivityAt } = activity;
  const last = toldOf(origin).findLast(({ claim }) => claim.says !== "open");
  if (last === undefined) return [...nobodysEnd(origin, activity, now)];
  const { claim, text } = last;
  const at = claim.at ?? now;
  if (claim.says === "open" || (lastActivityAt ?? 0) > at + cancelWithinMs) return [];
  // It is quoted where it is shown.
  const told = `${claim.by} was told ${claim.word}`;
  if (ended !== null) {
    const isStopped = ended.outcome === "cancelled" && Math.abs(at - ended.at) < cancelWithinMs;
    // The plugin calls what it stops with its server completed, and nobody is left to hear it.
    if (isStopped && claim.says === "success" && !isHeard(origin, at, now))
      return nobodysEnd(origin, activity, now);
    if (!isStopped || claim.says === "success" || claim.says === "cancelled") return [];
    return [{ type: "turn_ended", at: ended.at, outcome: claim.says, message: text ?? told }];
  }
  if ((lastActivityAt ?? 0) > at) return [];
  if (claim.says === "success")
    return hasAnswer
      ? []
      : [{ type: "turn_ended", at, outcome: "failure", message: `${told}, but it never answered` }];
  return [{ type: "turn_ended", at, outcome: claim.says, message: text ?? told }];
}

/** A parent that is told something answers within this time. */
const heardWithinMs = 120_000;

function isHeard({ launch, told, parent }: Origin, at: number, now: number): boolean {
  const isCancelled = told.some(({ id, claim }) => id === launch.taskId && claim.says === "cancelled");
  const texts = parent.messages.flatMap(({ id, createdAt }) =>
    createdAt === at ? (parent.parts.get(id) ?? []).map(({ body }) => body.text ?? "") : [],
  );
  if (isCancelled || now - at < heardWithinMs || texts.some(isWithoutReply)) return true;
  return parent.messages.some(
    ({ body, createdAt }) =>
      body.role === "assistant" && createdAt >= at && body.time.completed !== undefined,
  );
}

// Nobody was told, and no person stopped its parent: `opencode run` that exits over its own task, or a crash.
function nobodysEnd({ launch, parent }: Origin, { ended }: Activity, now: number): AgentEvent[] {
  if (!launch.isAnnounced || ended?.outcome !== "cancelled" || now - ended.at < noticeWithinMs) return [];
  const isWithParent = parent.messages.some(
    ({ body, updatedAt }) =>
      body.error?.name === "MessageAbortedError" &&
      Math.abs((body.time.completed ?? updatedAt) - ended.at) < togetherMs,
  );
  if (isWithParent || !isCovered(parent, ended.at)) return [];
  return [
    { type: "turn_ended", at: ended.at, outcome: "failure", message: "stopped, but nobody cancelled it" },
  ];
}

// Only what was read can be missed.
function isCovered({ messages, isWhole }: Conversation, at: number): boolean {
  const first = messages[0]?.createdAt ?? null;
  return isWhole || (first !== null && first <= at);
}

/** Facts about the hand-over that only this source knows; for people. */
export function handoverNotes(origin: Origin, { ended }: Activity, now: number): readonly string[] {
  const { launch, parent } = origin;
  if (!launch.isAnnounced || launch.isAwaited || ended === null || now - ended.at < noticeWithinMs) return [];
  if (toldOf(origin).some(({ claim }) => claim.says !== "open")) return [];
  return isCovered(parent, ended.at) ? ["parent session was never told"] : [];
}
