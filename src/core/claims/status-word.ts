/** Where launchers write their status files, from the project's root. */
export const statusFilePattern = ".worktrees/*/status.json";

/** What a status file can say: the words of every writer come down to these. */
export const statusWords = [
  "created",
  "running",
  "waiting",
  "completed",
  "failed",
  "timeout",
  "cancelled",
] as const;
export type StatusWord = (typeof statusWords)[number];
type EndWord = "completed" | "failed" | "timeout" | "cancelled";

/** Whether a status word says that nothing more is to come. */
export function saysEnded(word: StatusWord | null): word is EndWord {
  return word === "completed" || word === "failed" || word === "timeout" || word === "cancelled";
}

/** Whether a status word leaves a reason to be told: why it failed, or what it needs. */
export function needsReason(word: StatusWord | null): boolean {
  return word === "failed" || word === "timeout" || word === "waiting";
}

// Home-made launchers and neighbouring tools have words of their own for the same few things.
const otherWords = {
  created: ["pending", "queued", "waitingforslot"],
  running: ["inprogress", "working", "active", "started", "busy", "starting", "launching", "initializing"],
  waiting: ["blocked", "needsinput", "waitingforinput", "awaitinginput", "question"],
  completed: ["done", "success", "succeeded", "complete", "finished", "ok", "passed", "merged"],
  failed: ["error", "errored", "failure", "crashed"],
  timeout: ["timedout"],
  cancelled: ["canceled", "aborted", "interrupt", "interrupted", "stopped", "killed", "terminated"],
} as const satisfies Record<StatusWord, readonly string[]>;

const meanings = new Map<string, StatusWord>(
  statusWords.flatMap((word) => [word, ...otherWords[word]].map((written) => [written, word] as const)),
);
const queueWords = new Set<string>(otherWords.created);

/** What a status word means, in any case and however its parts are joined (`in_progress`, `In-Progress`, `inProgress`); null for one that nobody knows. */
export function meantStatus(written: string): StatusWord | null {
  return meanings.get(bare(written)) ?? null;
}

/** Whether the word says that the task waits for its turn. */
export function saysQueued(written: string): boolean {
  return queueWords.has(bare(written));
}

function bare(written: string): string {
  return written.toLowerCase().replace(/[\s_-]+/g, "");
}
