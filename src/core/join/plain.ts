// Claims and evidence come as they stand in files: names are compared as written, in memory only. What is joined of them
// goes on safe to print and record.
import type { Delegation } from "../claims/delegation.ts";
import type { Names } from "../claims/names.ts";
import type { StatusReading } from "../claims/task-status.ts";
import type { Stream } from "../evidence/stream.ts";
import { plainProblem } from "../text/problem.ts";
import { plainName, plainNameOrNull, plainText, plainTextOrNull } from "../text/safe-text.ts";

const nameLimit = 60;

/** The names that something is joined by: as written, without those of which nobody sees anything. */
export function visibleNames({ taskId, requestId, sessionId, worktree }: Names): Names {
  return {
    taskId: visible(taskId),
    requestId: visible(requestId),
    sessionId: visible(sessionId),
    worktree,
  };
}

function visible(name: string | null): string | null {
  return plainNameOrNull(name) === null ? null : name;
}

/** A status file's reading, safe to print and record. Its path stays as it is: it is opened, and shown by another name. */
export function plainReading(reading: StatusReading): StatusReading {
  const { status } = reading;
  return {
    ...reading,
    branch: plainNameOrNull(reading.branch),
    status:
      status === null ? null : { ...status, ...plainIds(status), branch: plainNameOrNull(status.branch) },
    problems: reading.problems.map(plainProblem),
  };
}

/** A delegation that is safe to print and record. */
export function plainDelegation(delegation: Delegation): Delegation {
  return {
    ...delegation,
    ...plainIds(delegation),
    requestId: plainName(delegation.requestId),
    worktree: plainNameOrNull(delegation.worktree),
  };
}

/** A stream that is safe to print and record. Keys stay as they are: they join, and are never shown. */
export function plainStream(stream: Stream): Stream {
  const { identity, agent, liveness, waiting } = stream;
  return {
    ...stream,
    identity: { ...identity, ...plainIds(identity) },
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
    restarting: plainTextOrNull(stream.restarting ?? null),
    claims: stream.claims.map((claim) => ({
      ...claim,
      by: plainText(claim.by),
      word: plainText(claim.word, nameLimit),
    })),
    notes: stream.notes.map((note) => plainText(note)),
  };
}

function plainIds({ taskId, requestId, sessionId }: Omit<Names, "worktree">): Omit<Names, "worktree"> {
  return {
    taskId: plainNameOrNull(taskId),
    requestId: plainNameOrNull(requestId),
    sessionId: plainNameOrNull(sessionId),
  };
}
