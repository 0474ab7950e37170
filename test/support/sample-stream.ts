import type { Names } from "../../src/core/claims/names.ts";
import type { AgentEvent } from "../../src/core/evidence/agent-event.ts";
import { emptyActivity, observe } from "../../src/core/evidence/observe.ts";
import { type Liveness, nothingMore, type Stream, type StreamKind } from "../../src/core/evidence/stream.ts";

const noIdentity: Names = { taskId: null, requestId: null, sessionId: null, worktree: null };

type GivenStream = Partial<Omit<Stream, "identity" | "activity" | "agent">> & {
  readonly identity?: Partial<Names>;
  readonly events?: readonly AgentEvent[];
  readonly agentName?: string;
};

const kinds: Readonly<Record<string, StreamKind>> = { agent_logs: "log", worktree_files: "files" };

/** A transcript of Claude Code unless `given` says otherwise, with `events` folded in. */
export function sampleStream(key: string, given: GivenStream = {}): Stream {
  const { identity, events, agentName, ...rest } = given;
  return {
    ...nothingMore,
    key,
    source: "claude_code",
    kind: kinds[given.source ?? ""] ?? "transcript",
    file: `/srv/demo/home/${key}.jsonl`,
    identity: { ...noIdentity, ...identity },
    role: "evidence",
    agent: { kind: "claude-code", name: agentName ?? null },
    activity: (events ?? []).reduce(observe, emptyActivity()),
    ...rest,
  };
}

/** What is known of the process 7. */
export const gone: Liveness = { state: "gone", pid: 7, says: "pid 7 does not exist" };
export const alive: Liveness = { state: "alive", pid: 7, says: "pid 7 is running" };
export const unseen: Liveness = { state: "unknown", pid: 7, says: "processes cannot be read" };

/** A transcript of this key with these events. */
export const stream = (key: string, ...events: readonly AgentEvent[]): Stream =>
  sampleStream(key, { events });

/** The transcript `t` with these events. */
export const transcript = (...events: readonly (AgentEvent | readonly AgentEvent[])[]): Stream =>
  sampleStream("t", { events: events.flat() });

/** A launcher's log with these events. */
export const log = (...events: readonly (AgentEvent | readonly AgentEvent[])[]): Stream =>
  sampleStream("l", { source: "agent_logs", events: events.flat() });
