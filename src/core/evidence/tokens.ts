import type { Tokens } from "./activity.ts";
import type { AgentEvent } from "./agent-event.ts";

type Used = Pick<Tokens, "input" | "output" | "costUsd">;

const none: Tokens = {
  input: 0,
  output: 0,
  costUsd: null,
  context: null,
  window: null,
  firstId: null,
  answers: [],
};
const answersKept = 8;

/** Adds what one answer used; of an answer that is written again the larger numbers count; a total replaces all. */
export function addUsage(before: Tokens | null, event: Extract<AgentEvent, { type: "usage" }>): Tokens {
  const { id } = event;
  const sum = before ?? none;
  const used = { input: count(event.input), output: count(event.output), costUsd: cost(event.costUsd) };
  const told = (all: Used, answers: Tokens["answers"]): Tokens => ({
    input: all.input,
    output: all.output,
    costUsd: all.costUsd,
    context: some(event.context) ?? sum.context,
    window: some(event.window) ?? sum.window,
    firstId: sum.firstId ?? id,
    answers,
  });
  if (event.isTotal === true) return told({ ...used, costUsd: used.costUsd ?? sum.costUsd }, []);
  if (id === null) return told(plus(sum, used), sum.answers);
  const again = sum.answers.find((answer) => answer.id === id);
  if (again === undefined) {
    const { input, output, costUsd } = used;
    const answer = { id, input, output, costUsd };
    return told(plus(sum, used), [...sum.answers.slice(1 - answersKept), answer]);
  }
  const grown = {
    input: Math.max(again.input, used.input),
    output: Math.max(again.output, used.output),
    costUsd: used.costUsd ?? again.costUsd,
  };
  const more = {
    input: grown.input - again.input,
    output: grown.output - again.output,
    costUsd: grown.costUsd === null ? null : grown.costUsd - (again.costUsd ?? 0),
  };
  const answers = sum.answers.map((answer) => (answer === again ? { id, ...grown } : answer));
  return told(plus(sum, more), answers);
}

function plus(a: Used, b: Used): Used {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    costUsd: b.costUsd === null ? a.costUsd : (a.costUsd ?? 0) + b.costUsd,
  };
}

// Numbers in files are whatever was written there: no answer has more than this.
const mostTokens = 1e12;

function count(written: number): number {
  return written > 0 && written <= mostTokens ? Math.round(written) : 0;
}

function some(written: number | null): number | null {
  return written === null ? null : count(written) || null;
}

function cost(written: number | null): number | null {
  return written !== null && written >= 0 && written <= mostTokens ? written : null;
}
