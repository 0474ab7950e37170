import { expect, it } from "vitest";
import { quantile, wholeQuantile } from "../../../../src/core/review/quantile.ts";

it.each([
  [[], 0.5, null],
  [[7], 0.5, 7],
  [[7], 0.9, 7],
  [[1, 3], 0.5, 2],
  [[3, 1, 2], 0.5, 2],
  [[10, 20, 30, 40], 0.5, 25],
  [[10, 20, 30, 40], 0.9, 37],
  [[1, 2, 3, 4, 5], 0, 1],
  [[1, 2, 3, 4, 5], 1, 5],
  [[100, 9, 20], 1, 100],
])("of %j %d lie below %j, as SQL counts", (numbers, share, value) => {
  expect(quantile(numbers, share)).toBe(value);
});

it.each([
  [[], null],
  [[1, 2], 2],
  [[0, 0], 0],
  [[1, 1.8], 1],
])("the middle of %j is %j in whole numbers", (numbers, value) => {
  expect(wholeQuantile(numbers, 0.5)).toBe(value);
});
