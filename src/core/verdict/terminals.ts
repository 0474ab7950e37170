import { type Delegation, endedAt } from "../claims/delegation.ts";
import type { Outcome } from "../evidence/agent-event.ts";
import { type Origin, originOf, type Stream } from "../evidence/stream.ts";
import { isHeldByLimit } from "./waiting-for.ts";

/** A record that says how the work ended. */
export type Terminal = {
  readonly outcome: Outcome;
  readonly at: number | null;
  readonly message: string | null;
  readonly answer: string | null;
  readonly by: "transcript" | "result";
  readonly isEmpty: boolean;
  readonly origin: Origin;
};

/** What the transcripts say of their ends, then what the delegation's result does. */
export function terminalsOf(streams: readonly Stream[], delegation: Delegation | null): readonly Terminal[] {
  return [...transcriptTerminals(streams), ...resultTerminals(delegation)];
}

function transcriptTerminals(streams: readonly Stream[]): Terminal[] {
  return streams.flatMap((stream) => {
    const { ended } = stream.activity;
    if (ended === null || isHeldByLimit(stream) || isTakenUp(stream, ended.at, streams)) return [];
    const { outcome, at, message, answer, isEmpty, line } = ended;
    return [
      {
        outcome,
        at,
        message,
        answer,
        by: "transcript" as const,
        isEmpty,
        origin: originOf(stream, at, line),
      },
    ];
  });
}

// A launcher's log ends with its run; a person may have gone on with the session without one.
function isTakenUp({ key, identity }: Stream, endedAt: number, streams: readonly Stream[]): boolean {
  return streams.some(
    (other) =>
      other.key !== key &&
      identity.sessionId !== null &&
      other.identity.sessionId === identity.sessionId &&
      (other.activity.lastUserMessageAt ?? 0) > endedAt,
  );
}

function resultTerminals(delegation: Delegation | null): Terminal[] {
  const result = delegation?.result;
  if (delegation === null || result == null) return [];
  const at = endedAt(delegation);
  const origin = { source: "delegation_results.jsonl", file: result.file, line: result.line, at };
  return [
    {
      outcome: result.status,
      at,
      message: result.error,
      answer: null,
      by: "result" as const,
      isEmpty: false,
      origin,
    },
  ];
}
