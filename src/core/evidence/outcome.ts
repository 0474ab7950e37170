import type { AgentEvent, CallTrait } from "./agent-event.ts";

type Ended = Pick<Extract<AgentEvent, { type: "call_ended" }>, "outcome" | "output" | "error" | "exitCode">;

/** What a program says of a call that it took back with the batch it stood in. */
const takenBack = /^\W*(?:<\w+>)?\W*(?:Cancelled: parallel tool call\b|Sibling tool call errored\b)/i;
/** `Exit code 1` before the output of a command, as agents write it for the model. */
const exitLine = /^\s*(?:Exit code:?|Process exited with code|exit status|exit)\s+(\d+)\b/i;

/** Whether a call was taken back before it ran: it is no call, and says nothing about the work. */
export function neverRan(ended: Ended): boolean {
  return ended.outcome === "failed" && takenBack.test(ended.error ?? outputOf(ended) ?? "");
}

/** Whether a failed command only answered its question with no: neither a failure nor a success. */
export function saysNo(trait: CallTrait | null, ended: Ended): boolean {
  if (trait !== "asks" || ended.outcome !== "failed") return false;
  const text = outputOf(ended) ?? ended.error ?? null;
  const code = ended.exitCode ?? exitCodeIn(text);
  return code === null ? text?.trim() === "" : code === 1;
}

/** What runners of tests, compilers and interpreters write when something is wrong; zero of it is nothing. */
const failureWords =
  /\b[1-9]\d* (?:tests? )?(?:failed|failing|failures?|errors?)\b|^\W*(?:FAIL|FAILED|ERROR)\b|^not ok\b|^Traceback \(most recent|^(?:\w+\.)*\w*(?:Error|Exception): |\berror(?:\[\w+\]| TS\d+)?: |\bpanicked at\b/m;
/** Such words stand at the end; what comes before is the work itself. */
const lookedAt = 4_096;

/** Whether a text tells of a failure. */
export function tellsFailure(text: string): boolean {
  return failureWords.test(text.slice(-lookedAt));
}

function exitCodeIn(text: string | null): number | null {
  const found = text?.match(exitLine)?.[1];
  return found === undefined ? null : Number(found);
}

function outputOf({ output }: Ended): string | null {
  return output !== null && "raw" in output ? output.raw : null;
}
