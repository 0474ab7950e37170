import type { Activity } from "../../core/evidence/activity.ts";
import { observe } from "../../core/evidence/observe.ts";
import type { Liveness } from "../../core/evidence/stream.ts";
import type { Processes } from "../../io/processes/processes.ts";
import type { ChatMemory } from "./memory.ts";

/** Silence after the last text, with every todo done, that means the turn is over when processes tell nothing. */
const quietMs = 120_000;
/** Programs that Gemini CLI may run as. */
const couldBeGemini = /gemini|node|mainthread|npm|npx|bun|deno|^\?$/i;

/** What the end of a chat is worth: the activity, with an end where it is safe to say so, and what else to say. */
export type Ending = { readonly activity: Activity; readonly notes: readonly string[] };

/**
 * Gemini CLI keeps no registry and no lock, and holds no file open, but it works in the folder it was started in: when
 * nothing that could be it does any more, it is gone. The other way round proves nothing.
 */
export function folderLiveness(folder: string, processes: Processes): Liveness {
  const working = processes.workingFolders();
  if (working === null) return { state: "unknown", pid: null, says: "processes cannot be read" };
  const nearby = [...working.pids]
    .filter(([path]) => path === folder || path.startsWith(`${folder}/`))
    .flatMap(([, pids]) => pids)
    .find((pid) => couldBeGemini.test(processes.look(pid).command ?? "?"));
  if (nearby !== undefined)
    return { state: "unknown", pid: null, says: `pid ${nearby} works in its folder and may be it` };
  if ([...working.unseen].some((program) => couldBeGemini.test(program)))
    return { state: "unknown", pid: null, says: "a process that may be it does not show its folder" };
  return { state: "gone", pid: null, says: "no process that could be it works in its folder" };
}

/**
 * A running tool is invisible: its message stands there without the call, exactly like the last words of a turn. They
 * are an end only when no step of the plan is left and either the process is gone or nothing followed for a while; or
 * when there is no plan and the process is gone.
 */
export function withEnding(activity: Activity, memory: ChatMemory, liveness: Liveness, now: number): Ending {
  const { lastText } = memory;
  if (lastText === null || activity.ended !== null || activity.openCalls.length > 0)
    return { activity, notes: [] };
  const isQuiet = now - (activity.lastActivityAt ?? now) >= quietMs;
  const isPlanOpen = activity.plan !== null && activity.plan.done < activity.plan.total;
  const isOver = !isPlanOpen && (liveness.state === "gone" || (activity.plan !== null && isQuiet));
  if (!isOver)
    return { activity, notes: [`the turn is over or a tool is running: Gemini CLI does not tell`] };
  const { at, line, message } = lastText;
  const ended = observe(structuredClone(activity), {
    type: "turn_ended",
    at,
    line,
    outcome: "success",
    message: null,
    answer: message,
  });
  const notes = ["no record of the end: taken from its last message"];
  return { activity: { ...ended, lastActivityAt: activity.lastActivityAt }, notes };
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
