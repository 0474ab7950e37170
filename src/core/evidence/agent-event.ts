/** How a tool call ended. `neutral`: refused or aborted by a person; it neither counts as a failure nor ends a run of them. */
export type CallOutcome = "ok" | "failed" | "neutral";

/** What a call does to the world: plans, waits, changes files, runs something, or only looks. */
export type CallKind = "plan" | "wait" | "mut" | "run" | "obs";

/**
 * What sets a call apart whatever it is about: `asks` a question that exit code 1 answers with no; `idles`: does nothing at
 * all; `pages`: the same words ask for the next page; `forks`: leaves something running in the background.
 */
export type CallTrait = "asks" | "idles" | "pages" | "forks";

/** The parts of a call's input that the rules compare. */
export type InputDigest = {
  readonly kind: CallKind;
  readonly trait?: CallTrait | null;
  readonly isSearch: boolean;
  /** Hash of the canonical arguments; null when they are not known, which is neither equal nor different. */
  readonly argsHash: string | null;
};

/** The parts of a call's result that the rules compare; null = not known. `length` counts characters. */
export type OutputDigest = {
  readonly resultHash: string | null;
  readonly answerHash: string | null;
  readonly errorHash: string | null;
  readonly length: number | null;
};

/** `other`: for something that only its own word names (`text`). */
export type WaitingKind = "permission" | "question" | "plan_approval" | "usage_limit" | "prompt" | "other";

/** How a turn or a piece of work ended. */
export type Outcome = "success" | "failure" | "timeout" | "cancelled";

/** Common to all: `at` in epoch milliseconds, `line` of the file it was read from (from 1) where it is known. */
type Seen = { readonly at: number; readonly line?: number | null };

/**
 * One thing an agent did, in the words of no particular agent. Sources translate their records into these; `observe`
 * folds them into an `Activity`. Input and output are the raw values: digests are made when the event is folded in,
 * unless the source only has digests.
 */
export type AgentEvent =
  /** A person (or the launcher in a person's place) said something: loops are judged from here, an ended turn is reopened. */
  | (Seen & {
      readonly type: "user_message";
      /** Its words, where they are a person's own and not what the program puts before them. */
      readonly text?: string | null;
    })
  /** The agent took up work by itself (a queued task, a notification): reopens an ended turn, but is no new instruction. */
  | (Seen & {
      readonly type: "turn_started";
      /** A hook did not let the turn end. */
      readonly isSentBack?: boolean;
    })
  | (Seen & {
      readonly type: "call_started";
      readonly callId: string | null;
      readonly tool: string;
      readonly input: { readonly raw: unknown } | { readonly digest: InputDigest };
      /** The model's message that holds the call: calls of one message were chosen together. */
      readonly messageId?: string | null;
      /** The tool's own time limit in milliseconds. */
      readonly timeoutMs?: number | null;
      /** Whether a person may be asked before it runs, of which nothing is written; null where the records do not say. */
      readonly mayAsk?: boolean | null;
    })
  | (Seen & {
      readonly type: "call_ended";
      readonly callId: string | null;
      /** Used when the start was never seen. */
      readonly tool?: string;
      readonly outcome: CallOutcome;
      /** null: the result is not known. */
      readonly output: { readonly raw: string } | { readonly digest: OutputDigest } | null;
      readonly error?: string | null;
      /** Of a command, where it is known apart from the output. */
      readonly exitCode?: number | null;
    })
  /** Text of the agent itself, complete. */
  | (Seen & { readonly type: "said"; readonly text: string })
  /** The context was condensed or compacted. */
  | (Seen & { readonly type: "condensed" })
  /** A plan, todo or task list as a whole; `total` counts what is not cancelled. */
  | (Seen & {
      readonly type: "plan_changed";
      readonly done: number;
      readonly total: number;
      readonly step: string | null;
    })
  /** `message`: how it ended, where that is worth a word ("output limit"); `answer`: the agent's last words. */
  | (Seen & {
      readonly type: "turn_ended";
      readonly outcome: Outcome;
      readonly message: string | null;
      readonly answer?: string | null;
      /** A failure: no answer came, `message` says what did. */
      readonly isEmpty?: boolean;
    })
  /** The model answered with no text, thought or call, and is asked again: no sign of work. */
  | (Seen & { readonly type: "empty_answer"; readonly count?: number })
  /** A failed or repeated request to the model's provider; `turn_ended` with `failure` is the final one. */
  | (Seen & {
      readonly type: "provider_retry";
      readonly message: string;
      readonly attempt: number | null;
      readonly maxAttempts: number | null;
      /** When it tries again, where it says so; epoch milliseconds. */
      readonly nextAt?: number | null;
    })
  /** It goes on by itself at that time, once its turn is over; null: that was called off. */
  | (Seen & { readonly type: "asleep"; readonly untilAt: number | null; readonly reason: string | null })
  | (Seen & {
      readonly type: "asked";
      readonly for: WaitingKind;
      readonly tool: string | null;
      readonly text: string | null;
      /** The open call that asks; its end is the answer. */
      readonly callId?: string | null;
      /** When it goes on by itself: a usage limit ends. */
      readonly untilAt?: number | null;
    })
  | (Seen & { readonly type: "answered" })
  /** A sub-agent or background shell that may outlive the turn. */
  | (Seen & {
      readonly type: "child_started";
      readonly childId: string;
      readonly kind: "agent" | "shell";
      readonly title: string | null;
    })
  | (Seen & { readonly type: "child_ended"; readonly childId: string; readonly outcome: Outcome | null })
  /** What the model's answer `id` used, in tokens; `isTotal`: all of the session so far. Says nothing of work or life. */
  | (Seen & {
      readonly type: "usage";
      readonly id: string | null;
      /** With what came from a cache. */
      readonly input: number;
      readonly output: number;
      /** What the request held in all. */
      readonly context: number | null;
      readonly window: number | null;
      readonly costUsd: number | null;
      readonly isTotal?: boolean;
    })
  /** Anything else that shows life: streaming text, a heartbeat. */
  | (Seen & { readonly type: "active" });
