import { expect, it } from "vitest";
import {
  generationKept,
  markSeen,
  nothingSeen,
  recall,
  remember,
} from "../../../../src/core/evidence/seen-hashes.ts";

const filled = (count: number) => {
  const seen = nothingSeen();
  remember(seen, "first", 7);
  for (const name of Array(count).keys()) markSeen(seen, `hash ${name}`, []);
  return seen;
};

it("counts how often a hash was seen", () => {
  const seen = nothingSeen();

  expect(["a", "a", "b"].map((text) => markSeen(seen, text, []))).toEqual([0, 1, 0]);
});

it("counts once in a step, however often the step has it", () => {
  const seen = nothingSeen();
  const steps = [["a", "a"], ["a", "b", "a"], ["a"]].map((texts) => {
    const counted: number[] = [];
    return texts.map((text) => markSeen(seen, text, counted));
  });

  expect(steps).toEqual([[0, 0], [1, 0, 1], [2]]);
});

it.each([
  ["one generation later", generationKept, 7],
  ["just before two generations", 2 * generationKept - 1, 7],
  ["two generations later", 2 * generationKept, null],
])("remembers %s", (_, count, value) => {
  expect(recall(filled(count), "first")).toBe(value);
});

it("keeps no more than two generations", () => {
  const seen = filled(10 * generationKept);

  expect(seen.recent.hashes.length + seen.older.hashes.length).toBeLessThanOrEqual(2 * generationKept);
});

it.each(["__proto__", "constructor", "toString"])("takes %s for a hash like any other", (hash) => {
  expect(recall(nothingSeen(), hash)).toBeNull();
});
