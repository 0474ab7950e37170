import type { End } from "./ends.ts";
import type { Usage } from "./review.ts";

/** What the ends used, by agent. An end that tells of no tokens or no cost makes no sum smaller: it is not counted in it. */
export function usageOf(ends: readonly End[]): Usage[] {
  const byAgent = Map.groupBy(ends, ({ agent }) => agent);
  return [...byAgent]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([agent, own]) => {
      const tokens = own.flatMap((end) => end.tokens ?? []);
      const costs = own.flatMap(({ costUsd }) => costUsd ?? []);
      return {
        agent,
        tasks: own.length,
        tokens:
          tokens.length === 0
            ? null
            : {
                tasks: tokens.length,
                input: sum(tokens.map(({ input }) => input)),
                output: sum(tokens.map(({ output }) => output)),
              },
        cost: costs.length === 0 ? null : { tasks: costs.length, usd: inCents(sum(costs)) },
      };
    });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

// Sums of fractions end in dust (0.30000000000000004): hundredths of a cent are kept.
function inCents(usd: number): number {
  return Math.round(usd * 10_000) / 10_000;
}
