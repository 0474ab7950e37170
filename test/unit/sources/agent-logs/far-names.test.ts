import { expect, it } from "vitest";
import { FarNames } from "../../../../src/sources/agent-logs/far-names.ts";

/** `count` names, in what was made for `room`. */
const filled = (count: number, room = count) => {
  const names = FarNames.empty(room);
  for (let index = 0; index < count; index += 1) names.add(`task bg_${index}`);
  return names;
};
const guesses = (names: FarNames) =>
  Array.from({ length: 20_000 }, (_, index) => `task other_${index}`).filter((name) => names.has(name))
    .length;

it("has every name that was put in, also after it was written and read", () => {
  const again = FarNames.unpack(filled(3_000).pack());
  expect(Array.from({ length: 3_000 }, (_, index) => again.has(`task bg_${index}`))).not.toContain(false);
});

it("takes less than one in a thousand other names for one of its own", () => {
  expect(guesses(filled(3_000))).toBeLessThan(20);
});

it("says when it has no more room, at twice of what it was made for", () => {
  expect([filled(1_000).isFull, filled(2_100, 1_000).isFull]).toEqual([false, true]);
});
