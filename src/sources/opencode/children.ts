import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import type { Stream } from "../../core/evidence/stream.ts";
import { formatDuration, plural } from "../../core/text/duration.ts";
import { launchTools, toolInput } from "./calls.ts";
import type { Retry } from "./notices.ts";
import type { MessageRow, PartRow, SessionRow } from "./records.ts";

/** One call that started another session. Times in epoch milliseconds. */
export type Launch = {
  readonly parent: SessionRow;
  readonly partId: string;
  /** `bg_…`; null for OpenCode's own subagents. */
  readonly taskId: string | null;
  /** null: no session yet (queued), or lost. */
  readonly sessionId: string | null;
  /** Sessions that worked for it before and were given up. */
  readonly failedSessions: readonly string[];
  readonly isBackground: boolean;
  /** The call itself brings the parent its answer. */
  readonly isAwaited: boolean;
  /** The launcher tells the parent when it ends. */
  readonly isAnnounced: boolean;
  readonly title: string | null;
  readonly agent: string | null;
  readonly at: number;
  /** When a call that waited for its child returned, or was left behind by a killed process. */
  readonly endedAt: number | null;
};

const bgId = /\bbg_[0-9A-Za-z]+\b/;

/**
 * Reads the launches of one parent, of whose conversation `messages` were read. The child session is, in this order: that
 * of the last of `retries`, what the call's metadata or output names (a `Session ID: undefined` of plugin 3.1.3 names
 * none), else the oldest unused child created since with that title, or with that in its title.
 */
export function findLaunches(
  parent: SessionRow,
  calls: readonly PartRow[],
  children: readonly SessionRow[],
  {
    messages,
    retries,
  }: { readonly messages: readonly MessageRow[]; readonly retries: ReadonlyMap<string, Retry> },
): readonly Launch[] {
  const launches = calls
    .flatMap((part) => launchOf(parent, part, messages))
    .map((launch) => retried(launch, retries));
  const used = new Set(launches.flatMap((launch) => [launch.sessionId, ...launch.failedSessions]));
  const withChildren = (isTitled: (title: string, child: SessionRow) => boolean) => (launch: Launch) => {
    const { sessionId, title } = launch;
    if (sessionId !== null || title === null) return launch;
    const child = children.find(
      (one) => !used.has(one.id) && isTitled(title, one) && isMadeDuring(launch, one),
    );
    if (child === undefined) return launch;
    used.add(child.id);
    return { ...launch, sessionId: child.id };
  };
  return launches
    .map(withChildren((title, child) => bareTitle(child.title) === title))
    .map(withChildren((title, child) => (child.title ?? "").includes(title)));
}

/**
 * The last launch of each session. One that the parent waited for, of a session that was launched in the background,
 * continues that background task; one that failed began nothing.
 */
export function lastLaunches(launches: readonly Launch[]): readonly Launch[] {
  const last = new Map<string, Launch>();
  for (const launch of launches) {
    const id = launch.sessionId ?? launch.partId;
    const first = last.get(id);
    const isBackground = launch.isBackground || first?.isBackground === true;
    const isRefused = !launch.isBackground && !launch.isAwaited;
    if (first?.isBackground === true && isRefused) continue;
    last.set(id, {
      ...launch,
      taskId: launch.taskId ?? first?.taskId ?? null,
      isBackground,
      isAnnounced: launch.isAnnounced || first?.isAnnounced === true,
      endedAt: isBackground ? null : launch.endedAt,
    });
  }
  return [...last.values()];
}

/** A child's title without what OpenCode and the plugin put around it. */
export function bareTitle(title: string | null): string | null {
  if (title === null || /^(New|Child) session - \d{4}-/.test(title)) return null;
  return title.replace(/^(Background: |Create team member )/, "").replace(/ \(@[\w .-]+ subagent\)$/, "");
}

/** These only work on files, or ask: none of them starts a session. */
const plainTools =
  /^(bash|shell|read|write|edit|multiedit|patch|apply_patch|glob|grep|list|webfetch|todo\w*|question|invalid)$/;

/** A fork is a person's; opencode-background-agents names each result in a session of its own. */
const helperTitle = /\(fork #\d+\)$|^Metadata Generation$/;

/**
 * How a child came about that no known launch names: by the last of `calls` that began before it and had not ended. Whether
 * that waited for it shows later. Without such a call something else started it; a fork is a person's.
 */
export function unknownLaunch(
  parent: SessionRow,
  child: SessionRow,
  calls: readonly PartRow[],
  messages: readonly MessageRow[],
): Launch {
  const call = calls.findLast((part) => {
    const { tool, state } = part.body;
    if (tool === undefined || state === undefined || plainTools.test(tool)) return false;
    const endedAt = state.time.end ?? leftBehindAt(part, messages);
    const startedAt = state.time.start ?? part.createdAt;
    return (
      startedAt <= child.createdAt + launchMarginMs &&
      (endedAt === null || child.createdAt <= endedAt + launchMarginMs)
    );
  });
  const isAlone = call === undefined && !helperTitle.test(child.title ?? "");
  return {
    parent,
    partId: child.id,
    taskId: null,
    sessionId: child.id,
    failedSessions: [],
    isBackground: isAlone,
    isAwaited: !isAlone,
    isAnnounced: false,
    title: bareTitle(child.title),
    agent: null,
    at: child.createdAt,
    endedAt: call === undefined ? null : (call.body.state?.time.end ?? leftBehindAt(call, messages)),
  };
}

/** A child's last words can be written this long after its call returned. */
const lastWordsMs = 2_000;

/** The launch of a child session that outlives the call that made it: whatever the tool, that is background work. */
export function outlived(launch: Launch, { ended, lastActivityAt }: Activity): Launch {
  const { endedAt, isBackground } = launch;
  if (isBackground || endedAt === null) return launch;
  const lastAt = ended === null ? (lastActivityAt ?? 0) : ended.at - lastWordsMs;
  return lastAt > endedAt ? asBackground(launch) : launch;
}

/** The launch of work that nobody waits for. */
export function asBackground(launch: Launch): Launch {
  return { ...launch, isBackground: true, isAwaited: false, endedAt: null };
}

function launchOf(parent: SessionRow, part: PartRow, messages: readonly MessageRow[]): Launch[] {
  const { tool, state } = part.body;
  if (state === undefined || state.status === "pending" || !launchTools.some((name) => name === tool))
    return [];
  const output = state.output ?? "";
  const { metadata } = state;
  const taskId =
    metadata?.backgroundTaskId?.match(bgId)?.[0] ??
    output.match(/(?:Background )?Task ID: (bg_[0-9A-Za-z]+)\b/)?.[1] ??
    output.match(/\bbackground_task_id: (bg_[0-9A-Za-z]+)\b/)?.[1] ??
    output.match(/^\s*Delegation started: ([\w-]+)/)?.[1] ??
    (/^\s*Background task/i.test(output) ? output.match(bgId)?.[0] : undefined) ??
    null;
  const isRunning = /^\s*<task id="ses_\w+" state="running"/.test(output);
  if (state.status === "error" && metadata?.sessionId === undefined) return [];
  const input = toolInput(state.input);
  const returnedAt = state.time.end ?? leftBehindAt(part, messages);
  const isBackground =
    state.status === "completed"
      ? taskId !== null || metadata?.isBackground === true || isRunning
      : // The call waits for a free slot, up to a minute (plugin 4.19).
        state.status === "running" && input.isBackground && returnedAt === null;
  return [
    {
      parent,
      partId: part.id,
      taskId: isBackground ? taskId : null,
      sessionId:
        metadata?.sessionId ??
        output.match(/(?:Session ID|session_id|<task id=)"?:? ?"?(ses_\w+)/)?.[1] ??
        null,
      failedSessions: [],
      isBackground,
      isAwaited: !isBackground && state.status !== "error",
      isAnnounced: isBackground,
      title: input.description ?? (tool === "delegate" && taskId !== null ? `Delegation: ${taskId}` : null),
      agent: input.agent ?? null,
      at: state.time.start ?? part.createdAt,
      endedAt: isBackground ? null : returnedAt,
    },
  ];
}

// The agent waits for a call: once it speaks again, or failed, none of its older calls runs.
function leftBehindAt({ messageId }: PartRow, messages: readonly MessageRow[]): number | null {
  const index = messages.findIndex(({ id }) => id === messageId);
  const own = messages[index];
  // Its message is older than those that were read.
  if (own === undefined) return messages[0]?.createdAt ?? null;
  const next = messages.slice(index + 1).find(({ body }) => body.role === "assistant");
  return next?.createdAt ?? (own.body.error === null ? null : own.updatedAt);
}

function retried(launch: Launch, retries: ReadonlyMap<string, Retry>): Launch {
  const retry = launch.taskId === null ? undefined : retries.get(launch.taskId);
  if (retry === undefined) return launch;
  const first = launch.sessionId === null ? [] : [launch.sessionId];
  return { ...launch, sessionId: retry.sessionId, failedSessions: [...first, ...retry.failed], at: retry.at };
}

/** Two clocks are read for one moment. */
export const launchMarginMs = 1_000;

function isMadeDuring(launch: Launch, child: SessionRow): boolean {
  return (
    child.createdAt >= launch.at - launchMarginMs &&
    (launch.endedAt === null || child.createdAt <= launch.endedAt)
  );
}

/** A session, or a place in the queue, that another session launched. */
export type ChildBuilt = { readonly launch: Launch; readonly stream: Stream };

/** What the children's state means for their parent. */
export function familyEvents(children: readonly ChildBuilt[]): AgentEvent[] {
  return children.flatMap((child) => childEvents(child));
}

/** What a call's end means for a session that it waited for: nothing reads what an open step of it may still say. */
export function cutOffEvents({ ended, lastActivityAt }: Activity, launch: Launch | null): AgentEvent[] {
  const returnedAt = launch?.endedAt ?? null;
  if (returnedAt === null || ended !== null || (lastActivityAt ?? 0) > returnedAt) return [];
  const message = "its parent went on without it";
  return [{ type: "turn_ended", at: lastActivityAt ?? returnedAt, outcome: "cancelled", message }];
}

/** Its parent's call returns within this time of its end. */
const returnWithinMs = 60_000;

/** Subagents that are over, and whose calls are still open: what waits for them waits for ever; for people. */
export function strandedNotes(children: readonly ChildBuilt[], { ended }: Activity, now: number): string[] {
  if (ended !== null) return [];
  return children.flatMap(({ launch, stream }) => {
    const overMs = now - (stream.activity.ended?.at ?? now);
    if (!launch.isAwaited || launch.endedAt !== null || overMs < returnWithinMs) return [];
    return [
      `${launch.title ?? "its subagent"} ended ${formatDuration(overMs)} ago, but the call has not returned`,
    ];
  });
}

/** What still works for a parent whose turn is over; null when nothing does. */
export function busyWith(children: readonly ChildBuilt[]): string | null {
  const count = children.filter(
    ({ launch, stream }) =>
      launch.isBackground && stream.activity.ended === null && stream.liveness?.state !== "gone",
  ).length;
  if (count === 0) return null;
  return plural(count, "background task");
}

function childEvents({ launch, stream }: ChildBuilt): AgentEvent[] {
  const childId = stream.identity.sessionId ?? stream.identity.taskId ?? stream.key;
  const { ended, lastActivityAt } = stream.activity;
  const events: AgentEvent[] = [
    { type: "child_started", at: launch.at, childId, kind: "agent", title: launch.title },
  ];
  if (launch.endedAt !== null) {
    events.push({ type: "child_ended", at: launch.endedAt, childId, outcome: ended?.outcome ?? null });
  } else if (ended !== null) {
    events.push({ type: "child_ended", at: ended.at, childId, outcome: ended.outcome });
  } else if (stream.liveness?.state === "gone") {
    events.push({ type: "child_ended", at: lastActivityAt ?? launch.at, childId, outcome: "failure" });
  } else if (launch.isAwaited && lastActivityAt !== null) {
    // A parent that waits for its child lives as long as the child does.
    events.push({ type: "active", at: lastActivityAt });
  }
  return events;
}
