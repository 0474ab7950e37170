import { plainNameOrNull, plainText, plainTextOrNull } from "./plain-text.ts";
import type { Stream } from "./stream.ts";

const nameLimit = 60;

/**
 * A stream whose texts are safe to print and record, whatever its source copied from an agent's files. Keys stay as they
 * are: they join, and are never shown.
 */
export function plainStream(stream: Stream): Stream {
  const { identity, agent, liveness, waiting } = stream;
  return {
    ...stream,
    identity: {
      ...identity,
      taskId: plainNameOrNull(identity.taskId),
      requestId: plainNameOrNull(identity.requestId),
      sessionId: plainNameOrNull(identity.sessionId),
    },
    title: plainTextOrNull(stream.title),
    branch: plainNameOrNull(stream.branch),
    agent: { kind: agent.kind, name: plainTextOrNull(agent.name, nameLimit) },
    liveness: liveness === null ? null : { ...liveness, says: plainText(liveness.says) },
    waiting:
      waiting === null
        ? null
        : {
            ...waiting,
            tool: plainTextOrNull(waiting.tool, nameLimit),
            text: plainTextOrNull(waiting.text),
          },
    busyWith: plainTextOrNull(stream.busyWith),
    claims: stream.claims.map((claim) => ({
      ...claim,
      by: plainText(claim.by),
      word: plainText(claim.word, nameLimit),
    })),
    notes: stream.notes.map((note) => plainText(note)),
  };
}
