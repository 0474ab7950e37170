import { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent, Outcome } from "../../core/evidence/agent-event.ts";
import { parseJson } from "../../core/text/fields.ts";
import { listOf } from "../../core/text/list-of.ts";
import type { Place } from "./memory.ts";

const Spawned = z.object({ agent_id: z.string(), nickname: z.string().nullish() });
const Waited = z.object({ status: z.record(z.string(), z.unknown()) });
const Notice = z.object({ agent_path: z.string(), status: z.unknown().optional() });
const CollabCall = z.object({
  tool: z.string(),
  receiver_thread_ids: listOf(z.string()).catch([]),
  receiver_agents: listOf(
    z.object({ thread_id: z.string(), agent_nickname: z.string().nullish().catch(null) }),
  ).catch([]),
  agents_states: z.record(z.string(), z.unknown()).catch({}),
});
const SubAgentActivity = z.object({
  kind: z.string(),
  agent_thread_id: z.string(),
  agent_path: z.string().nullish(),
});

/** What the output of `spawn_agent` and `wait_agent` says about sub-agents (multi_agent_v1). */
export function childrenInOutput(output: unknown, place: Place): readonly AgentEvent[] {
  if (typeof output !== "string" || !output.startsWith("{")) return [];
  const value = parseJson(output);
  const spawned = Spawned.safeParse(value);
  if (spawned.success) return [started(spawned.data.agent_id, spawned.data.nickname ?? null, place)];
  const waited = Waited.safeParse(value);
  return waited.success ? ended(waited.data.status, place) : [];
}

// What is no path of words may hold a secret, which is found in the whole of it alone.
function nameIn(path: string): string {
  return /^(?:\/[a-z][a-z_-]*\d{0,4})+$/.test(path) ? (path.split("/").at(-1) ?? path) : path;
}

/** `item_completed` of a `CollabAgentToolCall` (v1) or a `SubAgentActivity` (v2). */
export function childrenInItem(item: unknown, place: Place): readonly AgentEvent[] {
  const activity = SubAgentActivity.safeParse(item);
  if (activity.success) {
    const { kind, agent_thread_id: id, agent_path: path } = activity.data;
    return kind === "started"
      ? [started(id, path == null ? null : nameIn(path), place)]
      : ended({ [id]: kind }, place);
  }
  const call = CollabCall.safeParse(item);
  if (!call.success) return [];
  const { tool, receiver_thread_ids: ids, receiver_agents: agents, agents_states: states } = call.data;
  const spawned =
    tool === "spawn_agent"
      ? ids.map((id) =>
          started(id, agents.find((agent) => agent.thread_id === id)?.agent_nickname ?? null, place),
        )
      : [];
  return [...spawned, ...ended(states, place)];
}

/** The user message `<subagent_notification>` that Codex puts before a parent when its child ends. */
export function childrenInNotice(text: string, place: Place): readonly AgentEvent[] {
  const notice = Notice.safeParse(parseJson(text.replace(/<\/?subagent_notification>/g, "")));
  return notice.success ? ended({ [notice.data.agent_path]: notice.data.status }, place) : [];
}

function started(childId: string, title: string | null, place: Place): AgentEvent {
  return { ...place, type: "child_started", childId, kind: "agent", title };
}

function ended(states: Readonly<Record<string, unknown>>, place: Place): readonly AgentEvent[] {
  return Object.entries(states).flatMap(([childId, state]): AgentEvent[] => {
    const outcome = outcomeOf(state);
    return outcome === null ? [] : [{ ...place, type: "child_ended", childId, outcome }];
  });
}

// A state is a word, an object named by the word (`{"completed": "…"}`), or an object that holds it as `status`.
function outcomeOf(state: unknown): Outcome | null {
  const word =
    typeof state === "string"
      ? state
      : typeof state === "object" && state !== null
        ? "status" in state && typeof state.status === "string"
          ? state.status
          : (Object.keys(state)[0] ?? "")
        : "";
  if (/^completed$/i.test(word)) return "success";
  if (/^(errored|failed|error)$/i.test(word)) return "failure";
  return /^(interrupted|shutdown|aborted|cancell?ed|not_found)$/i.test(word) ? "cancelled" : null;
}

/** The background commands that ended with the process they ran in. */
export function endShells(children: Activity["children"], place: Place): readonly AgentEvent[] {
  return children
    .filter(({ kind, endedAt }) => kind === "shell" && endedAt === null)
    .map(({ id }) => ({ ...place, type: "child_ended", childId: id, outcome: "cancelled" }));
}
