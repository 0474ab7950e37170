import { rmSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import type { Source, SourceContext } from "../../../src/sources/source.ts";
import { collect } from "../../../src/sources/source.ts";
import { layOutNothing } from "../../support/laid-out-home.ts";

/** A source with a fault in it. */
const faulty: Source = {
  id: "faulty",
  kind: "transcript",
  async collect() {
    throw new TypeError("undefined is not a function");
  },
};

function context(checkpoint: unknown): SourceContext {
  const home = layOutNothing();
  onTestFinished(() => rmSync(home.base, { recursive: true, force: true }));
  return home.context({ checkpoint });
}

it("makes a failed row of a source with a fault in it", async () => {
  expect(await collect(faulty, context(null))).toMatchObject({
    outcome: "failed",
    reason: "internal error: undefined is not a function",
    streams: [],
  });
});

it("leaves a fault over a checkpoint to a look without one", async () => {
  await expect(collect(faulty, context({}))).rejects.toThrow("undefined is not a function");
});
