import type { Tokens } from "../evidence/activity.ts";
import type { Stream } from "../evidence/stream.ts";
import type { TaskFacts } from "../verdict/task-facts.ts";

/** What a task used. Context and window are those of the session that speaks for it. */
export type UsedTokens = Omit<Tokens, "answers" | "firstId">;

/** What this attempt used: of a session that goes on after a recorded end, what came since. */
export function tokensOf({
  sessions,
  helpers,
  earlier: before,
}: Pick<TaskFacts, "sessions" | "helpers" | "earlier">): UsedTokens | null {
  const tokens = sumTokens([...sessions, ...ownHelpers(sessions, helpers)]);
  if (tokens === null || before === null || tokens.input < before.input || tokens.output < before.output)
    return tokens;
  const { costUsd } = tokens;
  return {
    ...tokens,
    input: tokens.input - before.input,
    output: tokens.output - before.output,
    costUsd:
      costUsd === null || before.costUsd === null || costUsd < before.costUsd
        ? costUsd
        : costUsd - before.costUsd,
  };
}

/** Of what `sessions` launched, at any depth, all that has no row of its own: there it would be counted twice. */
function ownHelpers(sessions: readonly Stream[], helpers: readonly Stream[]): readonly Stream[] {
  const keys = new Set(sessions.map(({ key }) => key));
  const byKey = new Map(helpers.map((stream) => [stream.key, stream]));
  const isOwn = (stream: Stream | undefined, depth = 0): boolean =>
    stream?.role === "evidence" &&
    stream.parentKey !== null &&
    depth < 16 &&
    (keys.has(stream.parentKey) || isOwn(byKey.get(stream.parentKey), depth + 1));
  return helpers.filter((stream) => isOwn(stream));
}

/**
 * What streams used together, the one that speaks for the task first. A session's transcript and the log of its output
 * count the same answers: the more telling one counts.
 */
export function sumTokens(streams: readonly Stream[]): UsedTokens | null {
  const sessions = new Map<string, Tokens>();
  for (const { key, identity, activity } of streams) {
    const session = identity.sessionId ?? key;
    if (activity.tokens !== null && !sessions.has(session)) sessions.set(session, activity.tokens);
  }
  const known = withoutOrigins([...sessions.values()]);
  if (known.length === 0) return null;
  const costs = known.flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd]));
  const own = streams[0]?.activity.tokens;
  return {
    input: known.reduce((sum, { input }) => sum + input, 0),
    output: known.reduce((sum, { output }) => sum + output, 0),
    costUsd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
    context: own?.context ?? null,
    window: own?.window ?? null,
  };
}

// Nothing marks what a fork copied before Claude Code 2.1.330: the longer of two counts what they share.
function withoutOrigins(all: readonly Tokens[]): readonly Tokens[] {
  const longest = new Map<string | Tokens, Tokens>();
  for (const tokens of all) {
    const first = tokens.firstId ?? tokens;
    if (tokens.input >= (longest.get(first)?.input ?? 0)) longest.set(first, tokens);
  }
  return [...longest.values()];
}

/** Above this part of the model's window the row says it: the agent is about to condense its context. */
const nearlyFull = 0.9;

/** `context 181k of 200k tokens (90%)` when the window is nearly full; null below that, or when nobody says how large it is. */
export function fullContext(tokens: UsedTokens | null): string | null {
  const { context, window } = tokens ?? { context: null, window: null };
  if (context === null || window === null || context <= nearlyFull * window) return null;
  return `context ${inThousands(context)} of ${inThousands(window)} tokens (${Math.floor((100 * context) / window)}%)`;
}

/** `950`, `181k`, `1.2M` */
export function inThousands(count: number): string {
  if (count < 1_000) return String(count);
  return count < 999_500 ? `${Math.round(count / 1_000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** `$0.42`; less than a cent as such. */
export function inDollars(usd: number): string {
  return usd > 0 && usd < 0.01 ? "less than $0.01" : `$${usd.toFixed(2)}`;
}
