import type { Activity } from "../../core/activity.ts";
import type { Claim } from "../../core/stream.ts";
import type { Launch } from "./launches.ts";
import type { Told } from "./notices.ts";
import type { Conversation } from "./rows.ts";

/** A notice that is not there this long after the end will not come. */
const noticeWithinMs = 30_000;

/** Where a session came from, and what its parent was told. */
export type Origin = {
  readonly launch: Launch;
  readonly told: readonly Told[];
  readonly parent: Conversation;
};

/** What was said about the launched work, in the order of time. */
export function claimsAbout({ launch, told }: Origin): readonly Claim[] {
  return told.flatMap(({ id, claim }) => (id === launch.taskId || id === launch.sessionId ? [claim] : []));
}

/** Facts about the hand-over that only this source knows; for people. */
export function handoverNotes(origin: Origin, { ended }: Activity, now: number): readonly string[] {
  const { launch, parent } = origin;
  if (!launch.isBackground || launch.isAwaited || ended === null || now - ended.at < noticeWithinMs)
    return [];
  if (claimsAbout(origin).some((claim) => claim.says !== "open" && (claim.at ?? 0) >= launch.at)) return [];
  // Only what was read can be missed.
  const first = parent.messages[0]?.createdAt ?? null;
  const isCovered = parent.isWhole || (first !== null && first <= ended.at);
  return isCovered ? ["parent session was never told"] : [];
}
