import type { Tokens } from "../evidence/activity.ts";
import type { Stream } from "../evidence/stream.ts";

/**
 * What the streams of one task used together, the one that speaks for it first: the context is its own. A session's
 * transcript and the log of its output count the same answers: of both the one that knows more counts.
 */
export function sumTokens(streams: readonly Stream[]): Omit<Tokens, "last"> | null {
  const sessions = new Map<string, Tokens>();
  for (const { key, identity, activity } of streams) {
    const session = identity.sessionId ?? key;
    const before = sessions.get(session);
    if (activity.tokens !== null && activity.tokens.input >= (before?.input ?? 0))
      sessions.set(session, activity.tokens);
  }
  const known = [...sessions.values()];
  const [first] = known;
  if (first === undefined) return null;
  const costs = known.flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd]));
  return {
    input: known.reduce((sum, { input }) => sum + input, 0),
    output: known.reduce((sum, { output }) => sum + output, 0),
    costUsd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
    context: first.context,
    window: first.window,
  };
}

/** From this part of the model's window on the row says it: the agent is about to condense its context. */
const nearlyFull = 0.9;

/** `context 181k of 200k tokens (90%)` when the window is nearly full; null below that, or when nobody says how large it is. */
export function fullContext(tokens: Omit<Tokens, "last"> | null): string | null {
  const { context, window } = tokens ?? { context: null, window: null };
  if (context === null || window === null || context < nearlyFull * window) return null;
  return `context ${inThousands(context)} of ${inThousands(window)} tokens (${Math.floor((100 * context) / window)}%)`;
}

/** `950`, `181k`, `1.2M` */
export function inThousands(count: number): string {
  if (count < 1_000) return String(count);
  return count < 999_500 ? `${Math.round(count / 1_000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}
