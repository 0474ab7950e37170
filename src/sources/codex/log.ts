import { z } from "zod";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { nothingMore, type Stream } from "../../core/evidence/stream.ts";
import { KeptText } from "../../core/text/kept-text.ts";
import { listOf } from "../../core/text/list-of.ts";
import { statsOf } from "../../io/open-file.ts";
import type { Dialect } from "../followed-file.ts";
import type { FollowedFiles } from "../followed-files.ts";
import { followLog, identityFromName, isOlderLog } from "../launcher-log.ts";
import { newestPerKey, type SourceContext } from "../source.ts";
import { childrenInItem } from "./children.ts";
import { killed, type Place, streamError } from "./memory.ts";
import { readOutput } from "./records.ts";

/** What a line of `codex exec --json` needs to know of those before it. */
export const LogMemory = z.object({
  threadId: z.string().nullable(),
  open: z.array(z.string()),
  lastText: KeptText.nullable(),
  /** The last record is an error, which ends the turn if nothing follows it. */
  isErrorLast: z.boolean(),
  /** Somebody outside ended the last command. */
  isLastCallKilled: z.boolean(),
});
export type LogMemory = z.infer<typeof LogMemory>;

const Line = z.object({
  type: z.string(),
  thread_id: z.string().nullish().catch(null),
  message: z.string().nullish().catch(null),
  error: z
    .object({ message: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
  item: z.unknown().optional(),
});
const Item = z.object({
  id: z.string(),
  type: z.string(),
  command: z.string().nullish().catch(null),
  aggregated_output: z.string().nullish().catch(null),
  exit_code: z.number().nullish().catch(null),
  status: z.string().nullish().catch(null),
  text: z.string().nullish().catch(null),
  tool: z.string().nullish().catch(null),
  items: listOf(z.object({ text: z.string().catch(""), completed: z.boolean().catch(false) })).catch([]),
  changes: z.unknown().optional(),
  arguments: z.unknown().optional(),
});
type Item = z.infer<typeof Item>;

const openKept = 64;

/** The first record of a log that `codex exec --json` wrote. */
const LogHead = z.object({ type: z.literal("thread.started"), thread_id: z.string() });

/** `codex exec --json`. Its records carry no time: the file's modification is the only clock. */
export const execLog: Dialect<LogMemory> = {
  memory: LogMemory,
  begin: () => ({ threadId: null, open: [], lastText: null, isErrorLast: false, isLastCallKilled: false }),
  translate(record, { line, fileAt }, memory) {
    const read = Line.safeParse(record).data;
    if (read === undefined) return null;
    const place = { at: fileAt, line };
    const active: AgentEvent = { ...place, type: "active" };
    const reopened: AgentEvent[] = memory.isErrorLast ? [{ ...place, type: "turn_started" }] : [];
    memory.isErrorLast = false;
    switch (read.type) {
      case "thread.started":
        memory.threadId = read.thread_id ?? memory.threadId;
        return { events: [{ ...place, type: "user_message" }] };
      case "turn.started":
        memory.isLastCallKilled = false;
        return { events: [{ ...place, type: "turn_started" }] };
      case "turn.completed":
        return { events: [...closeAll(memory, place), completed(memory, place)] };
      case "turn.failed":
        return { events: [...closeAll(memory, place), failed(read.error?.message ?? null, place)] };
      case "error": {
        const message = read.message ?? "error";
        if (/re-?connecting|retrying \d+\/\d+/i.test(message))
          return { events: [...reopened, streamError(message, place)] };
        memory.isErrorLast = true;
        return { events: [failed(message, place)] };
      }
      default: {
        const item = Item.safeParse(read.item).data;
        const events = item === undefined ? [] : itemEvents(read.type, item, place, memory);
        return { events: [...reopened, ...(events.length === 0 ? [active] : events)] };
      }
    }
  },
};

function itemEvents(type: string, item: Item, place: Place, memory: LogMemory): readonly AgentEvent[] {
  const isOver = type === "item.completed";
  switch (item.type) {
    case "todo_list": {
      const { items } = item;
      if (items.length === 0) return [];
      const done = items.filter(({ completed }) => completed).length;
      return [{ ...place, type: "plan_changed", done, total: items.length, step: null }];
    }
    case "agent_message":
      if (!isOver) return [];
      memory.lastText = item.text ?? "";
      return [{ ...place, type: "said", text: item.text ?? "" }];
    case "command_execution":
      return callEvents("shell", { command: item.command ?? "" }, isOver, item, place, memory);
    case "file_change":
      return callEvents("apply_patch", item.changes ?? null, isOver, item, place, memory);
    case "mcp_tool_call":
      return callEvents(item.tool ?? "mcp", item.arguments ?? null, isOver, item, place, memory);
    case "collab_tool_call":
      return [
        ...callEvents(agentTool(item.tool), null, isOver, item, place, memory),
        ...childrenInItem(item, place),
      ];
    default:
      return [];
  }
}

function callEvents(
  tool: string,
  input: unknown,
  isOver: boolean,
  item: Item,
  place: Place,
  memory: LogMemory,
): readonly AgentEvent[] {
  // Item ids begin anew in every run that is appended to the log.
  const callId = `${memory.threadId ?? ""}:${item.id}`;
  const events: AgentEvent[] = [];
  if (!memory.open.includes(callId)) {
    events.push({ ...place, type: "call_started", callId, tool, input: { raw: input } });
    memory.open.push(callId);
    if (memory.open.length > openKept) memory.open.shift();
  }
  if (!isOver) return events;
  memory.open = memory.open.filter((open) => open !== callId);
  const hasFailed = (item.exit_code ?? 0) !== 0 || /^(failed|declined)$/.test(item.status ?? "");
  const output = item.aggregated_output;
  memory.isLastCallKilled = hasFailed && readOutput(output ?? "", tool).isKilled;
  return [
    ...events,
    {
      ...place,
      type: "call_ended",
      callId,
      outcome: item.status === "declined" ? "neutral" : hasFailed ? "failed" : "ok",
      output: output == null ? null : { raw: output },
      exitCode: item.exit_code ?? null,
      error: hasFailed && !output ? `exit code ${item.exit_code ?? "unknown"}` : null,
    },
  ];
}

function agentTool(tool: string | null | undefined): string {
  return tool === "wait" ? "wait_agent" : (tool ?? "agent");
}

// A command that still runs when the turn ends is ended with it, and nothing more is written about it.
function closeAll(memory: LogMemory, place: Place): readonly AgentEvent[] {
  const open = memory.open;
  memory.open = [];
  return open.map((callId) => ({ ...place, type: "call_ended", callId, outcome: "neutral", output: null }));
}

// What an interrupt or a kill cut short is completed for the program, too.
function completed({ isLastCallKilled, lastText: answer }: LogMemory, place: Place): AgentEvent {
  return isLastCallKilled
    ? { ...place, type: "turn_ended", outcome: "cancelled", message: killed }
    : { ...place, type: "turn_ended", outcome: "success", message: null, answer };
}

function failed(message: string | null, place: Place): AgentEvent {
  return { ...place, type: "turn_ended", outcome: "failure", message };
}

const KeptLog = z.object({ modifiedAt: z.number(), sizeBytes: z.number(), followed: z.unknown().optional() });

/** The logs of `codex exec --json` among the project's logs. */
export function readLogs(context: SourceContext, files: FollowedFiles): readonly Stream[] {
  return context.logs.flatMap(({ path, first }) => {
    const head = LogHead.safeParse(first);
    const stats = statsOf(path);
    if (!head.success || stats === null) return [];
    const state = { modifiedAt: stats.mtimeMs, sizeBytes: stats.size };
    const read = files.read(path, (kept) => {
      const known = KeptLog.safeParse(kept).data;
      // All records have the time of the file: one that was written to since is read anew, or its parts would differ.
      const isSame = known?.modifiedAt === state.modifiedAt && known.sizeBytes === state.sizeBytes;
      const followed = followLog(path, context, execLog, isSame ? known.followed : null);
      return followed && { ...followed, kept: { ...state, followed: followed.kept } };
    });
    return read === null ? [] : [streamOf(path, head.data.thread_id, read.memory, read.activity, context)];
  });
}

/**
 * A log of a session whose rollout was read too is the same work: it only adds the end and the retries that older
 * versions write nowhere else. The others stand for themselves. Of two logs of one session the newer one counts.
 */
export function addLogs(rollouts: readonly Stream[], allLogs: readonly Stream[]): readonly Stream[] {
  const logs = newestPerKey(allLogs);
  const alone = logs.filter(
    (log) => !rollouts.some((rollout) => rollout.identity.sessionId === log.identity.sessionId),
  );
  const joined = rollouts.map((rollout) => {
    const log = logs.find(({ identity }) => identity.sessionId === rollout.identity.sessionId);
    return log === undefined ? rollout : withLog(rollout, log);
  });
  return [...joined, ...alone];
}

function withLog(rollout: Stream, log: Stream): Stream {
  const taskId = rollout.identity.taskId ?? log.identity.taskId;
  const named = { ...rollout, identity: { ...rollout.identity, taskId } };
  const { activity } = rollout;
  const { ended, retries } = log.activity;
  // A program that failed is gone soon: as long as it lives, it may go on after the error.
  const isDoubtful = rollout.liveness?.state === "alive" && ended?.outcome === "failure";
  if (isOlderLog(log.activity, activity) || isDoubtful || activity.ended !== null) return named;
  return { ...named, activity: { ...activity, ended, retries: activity.retries ?? retries } };
}

function streamOf(
  path: string,
  headThreadId: string,
  memory: LogMemory,
  activity: Stream["activity"],
  context: SourceContext,
): Stream {
  const sessionId = memory.threadId ?? headThreadId;
  return {
    ...nothingMore,
    key: `codex:log:${sessionId}`,
    source: "codex",
    kind: "transcript",
    file: path,
    identity: identityFromName(path, sessionId, context.worktrees),
    role: "task",
    agent: { kind: "codex", name: null },
    activity,
  };
}
