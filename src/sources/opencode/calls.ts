import type { AgentEvent, CallOutcome } from "../../core/evidence/agent-event.ts";
import { fieldOf, numberIn, stringIn } from "../../core/text/fields.ts";
import { endOf } from "../../core/text/last-words.ts";
import type { Ask } from "./log.ts";
import type { PartRow, SessionRow, ToolState } from "./records.ts";

/** Tools that start another session: OpenCode's own `task` (`subagent` from 2.0), those of oh-my-opencode 0.4 … 4.19, `delegate` of opencode-background-agents. */
export const launchTools = [
  "task",
  "subagent",
  "delegate_task",
  "sisyphus_task",
  "background_task",
  "call_omo_agent",
  "delegate",
] as const;

/** Tools that ask the plugin about a background task. */
export const readTools = ["background_output", "background_cancel", "delegation_read"] as const;

/** The fields of a tool's input that are looked at; an input of an unexpected shape counts as empty. */
export type ToolInput = {
  readonly description: string | undefined;
  /** The agent that is launched. */
  readonly agent: string | undefined;
  readonly command: string | undefined;
  readonly path: string | undefined;
  readonly tool: string | undefined;
  readonly error: string | undefined;
  readonly taskId: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly question: string | undefined;
  /** The launched work is not to be waited for. */
  readonly isBackground: boolean;
};

/** Reads a tool part's input. */
export function toolInput(raw: unknown): ToolInput {
  const questions = fieldOf(raw, "questions");
  return {
    description: stringIn(raw, "description"),
    agent: stringIn(raw, "subagent_type") ?? stringIn(raw, "agent"),
    command: stringIn(raw, "command"),
    path: stringIn(raw, "filePath") ?? stringIn(raw, "url") ?? stringIn(raw, "path"),
    tool: stringIn(raw, "tool"),
    error: stringIn(raw, "error"),
    taskId: stringIn(raw, "task_id") ?? stringIn(raw, "taskId") ?? stringIn(raw, "id"),
    timeoutMs: numberIn(raw, "timeout"),
    isBackground: fieldOf(raw, "run_in_background") === true || fieldOf(raw, "background") === true,
    question: Array.isArray(questions) ? stringIn(questions[0], "question") : undefined,
  };
}

/** What a tool part must be read with. */
export type CallContext = {
  /** The part's message is the last of the agent and its step is not over. */
  readonly isOpen: boolean;
  readonly session: SessionRow;
  readonly now: number;
  callId(part: PartRow): string;
  /** What the log says that OpenCode asked for since then; only read where a call may wait. */
  asksSince(at: number): readonly Ask[];
};

/** `bash` without a `timeout` of its own is stopped after this (all versions). */
const bashTimeoutMs = 120_000;
/** A command starts well before this; what has not begun by then waits for a permission. */
const startWithinMs = 3_000;
/** These take a moment, and have metadata once they ran. */
const shortTools = /^(read|write|edit|multiedit|patch|apply_patch|glob|grep|list)$/;
const shortWithinMs = 30_000;
/** Its longest own time limit. */
const fetchWithinMs = 120_000;
/** A request stands in the log within milliseconds of its call's start. */
const askMarginMs = 1_000;

/** Translates one tool part: its start, its end, and what it waits for; `messageId`: the answer of the model that holds it. */
export function callEvents(
  part: PartRow,
  siblings: readonly PartRow[],
  context: CallContext,
  messageId: string,
): AgentEvent[] {
  const { state } = part.body;
  if (state === undefined) return [];
  const input = toolInput(state.input);
  const callId = context.callId(part);
  const tool = part.body.tool === "invalid" ? (input.tool ?? "invalid") : (part.body.tool ?? "tool");
  const startedAt = state.time.start ?? part.createdAt;
  const events: AgentEvent[] = [
    {
      type: "call_started",
      at: startedAt,
      callId,
      tool,
      input: { raw: state.input },
      messageId,
      // Its arguments are still coming: nothing runs that could be stopped.
      timeoutMs: isShell(part.body.tool) && state.status !== "pending" ? timeLimitOf(input) : null,
    },
  ];
  if (state.status === "completed" || state.status === "error") {
    events.push({
      type: "call_ended",
      at: state.time.end ?? startedAt,
      callId,
      tool,
      ...callEndOf(part.body.tool ?? "", state, input),
    });
    const { metadata } = state;
    if (isShell(part.body.tool) && metadata?.isBackground === true && metadata.backgroundTaskId !== undefined)
      events.push({
        type: "child_started",
        at: startedAt,
        childId: metadata.backgroundTaskId,
        kind: "shell",
        title: input.command ?? null,
      });
    return events;
  }
  if (!context.isOpen) {
    events.push({ type: "call_ended", at: startedAt, callId, tool, outcome: "neutral", output: null });
    return events;
  }
  if (part.updatedAt > startedAt) events.push({ type: "active", at: part.updatedAt });
  if (state.status === "pending") return events;
  if (tool === "question") {
    const text = input.question ?? null;
    events.push({ type: "asked", at: startedAt, for: "question", tool, text, callId });
  } else if (tool === "plan_exit") {
    events.push({ type: "asked", at: startedAt, for: "plan_approval", tool, text: null, callId });
  } else {
    const ask = findAsk(part, startedAt, context);
    if (ask !== null || waitsForPermission(part, siblings, startedAt, context)) {
      const text = input.command ?? input.path ?? input.description ?? null;
      events.push({
        type: "asked",
        at: ask?.at ?? startedAt,
        for: "permission",
        tool,
        text:
          ask === null || ask.patterns.length === 0 || !isApart(ask)
            ? text
            : `${ask.permission} ${ask.patterns}`,
        callId,
      });
    }
  }
  return events;
}

/** 0 is none. */
function timeLimitOf({ timeoutMs = bashTimeoutMs }: ToolInput): number | null {
  return timeoutMs === 0 ? null : timeoutMs;
}

/** What the log says that this call asks for; null when it began, or nothing says so. No line tells the answer. */
function findAsk({ body }: PartRow, startedAt: number, { asksSince }: CallContext): Ask | null {
  if (body.state?.metadata !== null) return null;
  const input = JSON.stringify(body.state.input) ?? "";
  return (
    asksSince(startedAt - askMarginMs).findLast(({ at, permission, patterns }) => {
      if (!asksFor(permission, body.tool ?? "")) return false;
      // Relative to its worktree, wherever the file is.
      const isNamed = patterns.some((pattern) =>
        input.includes(pattern.replace(/^(\.\.\/)+/, "").replace(/\*+$/, "")),
      );
      // A second request of the same call comes after the first was granted; another session may call the same tool at that
      // moment, and no line names a session, but some name the file.
      return isNamed || (at <= startedAt + askMarginMs && permission !== "edit" && permission !== "read");
    }) ?? null
  );
}

function asksFor(permission: string, tool: string): boolean {
  if (permission === "edit") return /^(write|edit|multiedit|patch|apply_patch)$/.test(tool);
  // A plugin or an MCP server may ask in its own name for each of its tools.
  if (tool === permission || tool.startsWith(`${permission}_`)) return true;
  return permission === "external_directory" || permission === "doom_loop";
}

/** The request is for more than the call itself says. */
function isApart({ permission }: Ask): boolean {
  return permission === "external_directory" || permission === "doom_loop";
}

/** What it runs has metadata from its start on. */
function startsMarked(tool: string | undefined): boolean {
  return isShell(tool) || tool === "subagent";
}

/** `shell` from 2.0. */
function isShell(tool: string | undefined): boolean {
  return tool === "bash" || tool === "shell";
}

function callEndOf(
  tool: string,
  state: ToolState,
  input: ToolInput,
): { outcome: CallOutcome; output: { raw: string }; error: string | null; exitCode?: number } {
  const output = state.output ?? state.error ?? "";
  if (state.status === "error") {
    const error = (state.error ?? "").replace(/^Error: /, "");
    return { outcome: isRefusal(error) ? "neutral" : "failed", output: { raw: output }, error };
  }
  if (tool === "invalid") return { outcome: "failed", output: { raw: output }, error: input.error ?? output };
  const exit = state.metadata?.exit;
  if (!isShell(tool) || exit === undefined || exit === 0)
    return { outcome: "ok", output: { raw: output }, error: null };
  if (exit === null) {
    const isTimeout = /_metadata>[^<]*exceeding timeout|\bCommand exceeded timeout of \d/s.test(output);
    // Without a word about the time limit a person stopped it.
    return isTimeout
      ? { outcome: "failed", output: { raw: output }, error: "stopped after its time limit" }
      : { outcome: "neutral", output: { raw: output }, error: null };
  }
  const error = `exit ${exit}: ${endOf(output.trim(), 160)}`;
  return { outcome: "failed", output: { raw: output }, error, exitCode: exit };
}

// Without its line in the log a request leaves no trace. From 1.14.41 a command that really started has metadata; before, a race hides it.
// Three equal calls one after the other in one message make OpenCode ask (`doom_loop`), in every version.
function waitsForPermission(
  part: PartRow,
  siblings: readonly PartRow[],
  startedAt: number,
  { session, now }: CallContext,
): boolean {
  if (now - startedAt <= startWithinMs) return false;
  const isUntouched = part.body.state?.metadata === null;
  if (isUntouched && now - startedAt > longestWithoutMetadata(part.body.tool ?? "")) return true;
  if (startsMarked(part.body.tool) && isAtLeast(session.version, [1, 14, 41])) return isUntouched;
  const last = siblings.slice(-3);
  return (
    last.length === 3 && last.at(-1) === part && last.every((call) => signature(call) === signature(part))
  );
}

function longestWithoutMetadata(tool: string): number {
  if (tool === "webfetch") return fetchWithinMs;
  return shortTools.test(tool) ? shortWithinMs : Number.POSITIVE_INFINITY;
}

function signature(part: PartRow): string {
  return `${part.body.tool} ${JSON.stringify(part.body.state?.input)}`;
}

/** Whether a version is that one or a later one; an unknown one is not. */
export function isAtLeast(version: string | null, wanted: readonly [number, number, number]): boolean {
  const found = version
    ?.match(/^(\d+)\.(\d+)\.(\d+)/)
    ?.slice(1)
    .map(Number);
  if (found === undefined) return false;
  for (const [index, part] of wanted.entries()) {
    const own = found[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

const stopping =
  /^(the user rejected permission to use this specific tool call\.( you may try again with different parameters\.)?|the user declined this tool call|.*dismissed this question\.?)$/i;

/** A call that a person did not let happen, or stopped: no failure of the agent. */
function isRefusal(error: string): boolean {
  return /rejected permission|declined this tool call|prevents you from using|dismissed this question|^Tool execution (aborted|interrupted)|^(The operation was )?aborted\.?$|^cancelled\.?$/i.test(
    error,
  );
}

/**
 * The words with which a person stopped a step; null when nobody did. Its message ends like one that goes on
 * (`tool-calls`), but nothing follows. A refusal with feedback, or by a rule, is an answer: the agent goes on.
 */
export function stoppedBy(parts: readonly PartRow[]): string | null {
  for (const { body } of parts) {
    if (body.state?.status !== "error") continue;
    const error = (body.state.error ?? "").replace(/^Error: /, "").trim();
    if (stopping.test(error)) return error;
    if (body.tool === "task" && /^cancelled\.?$/i.test(error)) return "its subtask was cancelled";
  }
  return null;
}
