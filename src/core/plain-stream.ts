import { plainName, plainText } from "./plain-text.ts";
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
      taskId: name(identity.taskId),
      requestId: name(identity.requestId),
      sessionId: name(identity.sessionId),
    },
    title: text(stream.title),
    branch: name(stream.branch),
    agent: { kind: agent.kind, name: agent.name === null ? null : plainText(agent.name, nameLimit) },
    liveness: liveness === null ? null : { ...liveness, says: plainText(liveness.says) },
    waiting:
      waiting === null
        ? null
        : {
            ...waiting,
            tool: waiting.tool === null ? null : plainText(waiting.tool, nameLimit),
            text: text(waiting.text),
          },
    busyWith: text(stream.busyWith),
    claims: stream.claims.map((claim) => ({
      ...claim,
      by: plainText(claim.by),
      word: plainText(claim.word, nameLimit),
    })),
    notes: stream.notes.map((note) => plainText(note)),
  };
}

function text(value: string | null): string | null {
  const plain = value === null ? "" : plainText(value);
  return plain === "" ? null : plain;
}

function name(value: string | null): string | null {
  const plain = value === null ? "" : plainName(value);
  return plain === "" ? null : plain;
}
