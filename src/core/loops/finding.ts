/** How bad it is: `healthy` is worth a word, no more. */
export type LoopLevel = "stuck" | "struggling" | "healthy";

/** The rules; the table of them stands in README.md. */
const loopRuleIds = [
  "R1",
  "R1m",
  "R1w",
  "R2",
  "R3",
  "R3b",
  "R4",
  "R4m",
  "R5",
  "R6",
  "R7",
  "R8",
  "W",
  "M",
] as const;
export type LoopRuleId = (typeof loopRuleIds)[number];

/** The calls that speak for a finding. `of`: how many of the last they were counted in; lines are those of the transcript. */
export type LoopCalls = {
  readonly level: LoopLevel;
  readonly count: number;
  readonly of: number | null;
  readonly tool: string;
  readonly target: string | null;
  /** What was counted: calls, or steps where some were of several calls at once. */
  readonly unit: "calls" | "steps";
  /** Epoch milliseconds of the first of them, and the mean distance from one to the next. */
  readonly sinceAt: number;
  readonly everyMs: number | null;
  readonly fromLine: number | null;
  readonly toLine: number | null;
};

/** What a loop rule saw. `error` is the text of the last such error, null when it is not known. */
export type LoopFinding =
  | (LoopCalls & {
      readonly code: "repeated_call";
      readonly rule: "R1" | "R1w";
      readonly error: string | null;
    })
  | (LoopCalls & { readonly code: "repeated_edit"; readonly rule: "R1m" })
  | (LoopCalls & {
      readonly code: "cycle";
      readonly rule: "R2";
      readonly period: number;
      readonly rounds: number;
    })
  | (LoopCalls & { readonly code: "same_error"; readonly rule: "R3" | "R3b"; readonly error: string | null })
  | (LoopCalls & { readonly code: "same_answer"; readonly rule: "R4" | "R4m" | "R3b" })
  | (LoopCalls & { readonly code: "edits_without_effect"; readonly rule: "R5"; readonly edits: number })
  | (LoopCalls & { readonly code: "no_news"; readonly rule: "R6" })
  | (LoopCalls & { readonly code: "old_answers"; readonly rule: "R7"; readonly answers: number })
  | (LoopCalls & { readonly code: "only_failures"; readonly rule: "R8"; readonly error: string | null })
  | (LoopCalls & { readonly code: "polling"; readonly rule: "W" })
  | (LoopCalls & {
      readonly code: "provider_errors";
      readonly rule: LoopRuleId;
      readonly error: string | null;
    })
  | {
      readonly code: "monologue";
      readonly rule: "M";
      readonly level: LoopLevel;
      readonly of: "messages" | "condensations" | "returns" | "nothing";
      readonly count: number;
      readonly sinceAt: number | null;
    };
