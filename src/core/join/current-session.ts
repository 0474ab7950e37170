import { kindRank, type Stream } from "../evidence/stream.ts";

/**
 * Tells the streams of a task from sessions that another one followed: of several transcripts in one worktree the one
 * that `named` (a session id) names is current, else the newest that works, else the newest. Both lists have the most
 * telling first.
 */
export function splitSessions(
  streams: readonly Stream[],
  named: string | null,
): { readonly streams: readonly Stream[]; readonly attempts: readonly Stream[] } {
  // The session that the claim names is the one, as long as it is open; a newer one may be a person having a look, unless
  // it works and the named one is dead.
  const isNamed = (stream: Stream) =>
    isTranscript(stream) &&
    stream.identity.sessionId === named &&
    stream.activity.ended === null &&
    !(
      stream.liveness?.state === "gone" && streams.some((other) => isLater(other, stream) && isWorking(other))
    );
  const all = streams.toSorted(
    (a, b) => (named === null ? 0 : Number(isNamed(b)) - Number(isNamed(a))) || mostTellingFirst(a, b),
  );
  const lead = all.find(isTranscript);
  const isOther = (stream: Stream) =>
    lead !== undefined && stream !== lead && isTranscript(stream) && !isSameSession(stream, lead);
  return { streams: all.filter((stream) => !isOther(stream)), attempts: all.filter(isOther) };
}

function isWorking(stream: Stream): boolean {
  return isTranscript(stream) && stream.activity.ended === null && stream.liveness?.state === "alive";
}

function isLater({ activity }: Stream, than: Stream): boolean {
  return (activity.lastActivityAt ?? 0) > (than.activity.lastActivityAt ?? 0);
}

function isSameSession(a: Stream, b: Stream): boolean {
  return a.identity.sessionId !== null && a.identity.sessionId === b.identity.sessionId;
}

function mostTellingFirst(a: Stream, b: Stream): number {
  return (
    kindRank[a.kind] - kindRank[b.kind] ||
    // A helper's session (a reviewer, a sub-agent whose parent is not known) does not stand for the work.
    Number(a.role === "evidence") - Number(b.role === "evidence") ||
    // One that a process works on is not over because another one in its folder is: it may have launched that one.
    Number(isWorking(b)) - Number(isWorking(a)) ||
    (b.activity.lastActivityAt ?? 0) - (a.activity.lastActivityAt ?? 0) ||
    (a.key < b.key ? -1 : 1)
  );
}

function isTranscript({ kind }: Stream): boolean {
  return kind === "transcript";
}
