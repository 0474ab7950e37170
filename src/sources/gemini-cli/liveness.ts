import type { Activity, Waiting } from "../../core/evidence/activity.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness } from "../../core/evidence/stream.ts";
import { quietMs, withUnwrittenEnd } from "../../core/evidence/unwritten-end.ts";
import type { Processes } from "../../io/processes/processes.ts";
import { type Worktree, worktreeOf } from "../../io/worktrees.ts";
import type { ChatMemory } from "./memory.ts";

/** A tool may begin in the moment before its message is written. */
const sameMomentMs = 2_000;
/** A tool that follows a text begins within 5.1 s. */
const beginsMs = 10_000;
/** Programs that Gemini CLI may run as. */
const couldBeGemini = /gemini|node|mainthread|npm|npx|bun|deno|^\?$/i;

/** The process of a chat, as far as its folder tells: those that may be it, and the others that work there. */
export type FolderProcess = {
  readonly liveness: Liveness;
  readonly pids: readonly number[];
  readonly others: readonly number[];
};

/**
 * Gemini CLI keeps no registry and no lock, and holds no file open, but it works in the folder it was started in: when
 * nothing that could be it does any more, it is gone. The other way round proves nothing.
 */
export function folderProcess(
  folder: string,
  worktrees: readonly Worktree[],
  processes: Processes,
): FolderProcess {
  const working = processes.workingFolders();
  const own = worktreeOf(worktrees, folder);
  const unknown = (says: string, pids: readonly number[] = []): FolderProcess => ({
    liveness: { state: "unknown", pid: null, says },
    pids,
    others: [],
  });
  if (working === null) return unknown("processes cannot be read");
  const inside = [...working.pids]
    .filter(([path]) => path === folder || path.startsWith(`${folder}/`))
    // The main checkout holds the worktrees; who works in one of them is none of its own.
    .filter(([path]) => worktreeOf(worktrees, path) === own)
    .flatMap(([, pids]) => pids);
  const nearby = inside.filter((pid) => couldBeGemini.test(processes.look(pid).command ?? "?"));
  if (nearby.length > 0) return unknown(`pid ${nearby[0]} works in its folder and may be it`, nearby);
  if ([...working.unseen].some((program) => couldBeGemini.test(program)))
    return unknown("a process that may be it does not show its folder");
  const says = "no process that could be it works in its folder";
  return { liveness: { state: "gone", pid: null, says }, pids: [], others: inside };
}

/** What the end of a chat is worth: the activity, with an end where it is safe to say so, and what else to say. */
export type Ending = {
  readonly activity: Activity;
  /** Its process lives on after the end: somebody sits at its prompt. */
  readonly isAtPrompt: boolean;
  /** The program that its process runs, where that shows. */
  readonly runs: string | null;
  readonly notes: readonly string[];
};

const takenFromText = "no record of the end: taken from its last message";

/**
 * The end of a chat in which a person may sit at the prompt (`mayAsk`), or of a run without one.
 *
 * A running tool is invisible: its message stands there without the call, exactly like the last words of a turn. They
 * are an end when nothing followed for a while and the process runs no tool, or when it is gone with no step of the plan
 * left and no tool of its last message either: that outlives a kill. Without process facts a plan that is done is believed.
 */
export function withEnding(
  activity: Activity,
  { lastText, loopAt, isAsked }: ChatMemory,
  { liveness, pids, others }: FolderProcess,
  processes: Processes,
  now: number,
  mayAsk: boolean,
): Ending {
  const asItIs = { activity, isAtPrompt: false, runs: null, notes: [] };
  if (loopAt !== null && liveness.state === "gone" && activity.ended === null) {
    const end = { ...loopAt, outcome: "failure", message: "stopped itself: a loop" } as const;
    return { ...asItIs, activity: withUnwrittenEnd(activity, end) };
  }
  const saidAt = lastText?.at ?? activity.lastActivityAt;
  if (!isAsked || saidAt === null || activity.ended !== null || activity.openCalls.length > 0) return asItIs;
  const background = backgroundPids(activity, processes);
  const left = toolLeft(others, background, saidAt, processes);
  if (left !== null) return { ...asItIs, notes: [`it ended while its tool ran, which goes on: ${left}`] };
  const runs = toolOf(pids, background, saidAt, processes);
  // A message may be nothing but the call, which is not in it yet.
  if (lastText === null) return { ...asItIs, runs };
  const isQuiet = now - (activity.lastActivityAt ?? now) >= quietMs;
  const isAtPrompt = mayAsk && pids.length > 0 && isQuiet && runs === null;
  const { plan } = activity;
  const isPlanOpen = plan !== null && plan.done < plan.total;
  const isDone = !isPlanOpen && (liveness.state === "gone" || (plan !== null && isQuiet && runs === null));
  if (!isAtPrompt && !isDone) {
    const notes = ["the turn is over or a tool is running: Gemini CLI does not tell"];
    return { ...asItIs, runs, notes: runs === null ? notes : [] };
  }
  const { at, line, message: answer } = lastText;
  const ended = withUnwrittenEnd(activity, { at, line, outcome: "success", message: null, answer });
  // Its question whether a tool may run leaves nothing, either.
  const notes = [isAtPrompt ? "or it asks whether a tool may run: Gemini CLI does not tell" : takenFromText];
  return { activity: ended, isAtPrompt, runs: null, notes };
}

/**
 * The activity with the call of a message that has no words, which is written when it has ended: it runs, or a person
 * is asked whether it may, where there is one to ask about a call that began at that time (`mayAsk`).
 */
export function withUnseenCall(
  { activity, runs }: Ending,
  { unseenCall }: ChatMemory,
  { pids }: FolderProcess,
  mayAsk: (at: number) => boolean,
): Activity {
  const isOpen = unseenCall !== null && activity.ended === null && activity.openCalls.length === 0;
  if (!isOpen || pids.length === 0 || runs !== null) return activity;
  const { callCount, lastActivityAt } = activity;
  const call = { callId: null, tool: "a tool", input: { raw: null }, mayAsk: mayAsk(unseenCall.at) } as const;
  const begun = observe(structuredClone(activity), { type: "call_started", ...unseenCall, ...call });
  return { ...begun, callCount, lastActivityAt };
}

/** What a chat waits for that stopped by itself: whether it may go on. */
export function stoppedAtLoop(activity: Activity, { loopAt }: ChatMemory, isGone: boolean): Waiting | null {
  if (loopAt === null || isGone || activity.ended !== null) return null;
  const text = "it stopped at a loop: go on?";
  return { for: "question", ...loopAt, tool: null, text, callId: null, untilAt: null };
}

/** What a chat waits for that was opened and never asked anything, or that a person stopped: that person's next words. */
export function withoutWork(activity: Activity, { isAsked }: ChatMemory, isGone: boolean): Waiting | null {
  const { lastActivityAt: at, lastLine: line, ended } = activity;
  const isOver = ended !== null && (isGone || ended.outcome !== "cancelled");
  if ((isAsked && ended?.outcome !== "cancelled") || at === null || isOver) return null;
  return { for: "prompt", at, line, tool: null, text: null, callId: null, untilAt: null };
}

// What was started before (a server of its own) is no tool of this message; neither is another process of itself.
function toolOf(
  pids: readonly number[],
  background: ReadonlySet<number>,
  saidAt: number,
  processes: Processes,
): string | null {
  for (const child of pids.flatMap((pid) => processes.childrenOf(pid) ?? [])) {
    const { state, startedAt, command } = processes.look(child);
    if (state !== "alive" || pids.includes(child) || background.has(child)) continue;
    if (startedAt === null || startedAt >= saidAt - sameMomentMs) return command ?? "a command";
  }
  return null;
}

/** The program that began with the last words and outlived their process. */
function toolLeft(
  others: readonly number[],
  background: ReadonlySet<number>,
  saidAt: number,
  processes: Processes,
): string | null {
  for (const pid of others) {
    if (background.has(pid)) continue;
    const { startedAt, command } = processes.look(pid);
    if (startedAt !== null && startedAt >= saidAt - sameMomentMs && startedAt < saidAt + beginsMs)
      return command ?? "a command";
  }
  return null;
}

/** The processes of its background commands: those it named, and what they started. */
function backgroundPids({ children }: Activity, processes: Processes): ReadonlySet<number> {
  const found = new Set<number>();
  const add = (pid: number): void => {
    if (found.has(pid)) return;
    found.add(pid);
    for (const child of processes.childrenOf(pid) ?? []) add(child);
  };
  for (const { id, kind, endedAt } of children)
    if (kind === "shell" && endedAt === null && /^\d+$/.test(id)) add(Number(id));
  return found;
}

/** Background commands whose process does not exist any more have ended. */
export function withEndedShells(activity: Activity, processes: Processes, now: number): Activity {
  const ended = activity.children.filter(
    ({ id, kind, endedAt }) =>
      kind === "shell" && endedAt === null && /^\d+$/.test(id) && processes.look(Number(id)).state === "gone",
  );
  if (ended.length === 0) return activity;
  const gone = new Set(ended.map(({ id }) => id));
  const children = activity.children.map((child) =>
    gone.has(child.id) ? { ...child, endedAt: activity.lastActivityAt ?? now } : child,
  );
  return { ...activity, children };
}
