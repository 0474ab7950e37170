import { describe, expect, it } from "vitest";
import { collectEnds } from "../../../../src/core/review/ends.ts";
import { usageOf } from "../../../../src/core/review/usage.ts";
import { finished, monday } from "../../../support/recorded.ts";

const of = (
  agent_name: string,
  input: number | null,
  cost_usd: number | null,
  subject = `${agent_name} ${input}`,
) =>
  finished(subject, monday, {
    agent_name,
    tokens: input === null ? null : { input, output: input / 10 },
    cost_usd,
  });

describe("what a review says of tokens and cost", () => {
  it("sums by agent what is known, and of how many ends it is known", () => {
    const ends = collectEnds(
      [of("fix", 100, 0.1), of("fix", 200, 0.2), of("fix", null, null), of("build", 50, null)],
      [],
    );
    expect(usageOf(ends)).toEqual([
      { agent: "build", tasks: 1, tokens: { tasks: 1, input: 50, output: 5 }, cost: null },
      { agent: "fix", tasks: 3, tokens: { tasks: 2, input: 300, output: 30 }, cost: { tasks: 2, usd: 0.3 } },
    ]);
  });

  it("says nothing where no agent wrote any", () => {
    expect(usageOf(collectEnds([of("docs", null, null)], []))).toEqual([
      { agent: "docs", tasks: 1, tokens: null, cost: null },
    ]);
  });

  it("counts an attempt once that was recorded twice", () => {
    const ends = collectEnds([of("fix", 100, 0.1, "bg_1"), of("fix", 120, 0.12, "bg_1")], []);
    expect(usageOf(ends)).toMatchObject([{ tasks: 1, tokens: { input: 120 }, cost: { usd: 0.12 } }]);
  });
});
