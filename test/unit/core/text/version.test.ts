import { expect, it } from "vitest";
import { isNewerGeneration, newestOf } from "../../../../src/core/text/version.ts";

it.each([
  [["0.9.1", "0.10.0", null, "0.10"], "0.10.0"],
  [["2.1.14", "2.1.197-beta.1"], "2.1.197-beta.1"],
  [["v1.2", "latest", ""], "v1.2"],
  [["unknown"], null],
  [[], null],
])("finds the newest of %j", (versions, newest) => {
  expect(newestOf(versions)).toBe(newest);
});

it.each([
  ["3.0.0", "2.1.330", true],
  ["2.9.0", "2.1.330", false],
  ["1.0.0", "0.171.0", true],
  ["0.200.0", "0.171.0", false],
])("calls %s after %s a newer generation: %s", (version, seen, isNewer) => {
  expect(isNewerGeneration(version, seen)).toBe(isNewer);
});
