import { expect, it } from "vitest";
import { z } from "zod";
import {
  durationIn,
  fieldOf,
  numberIn,
  ownValue,
  recordOf,
  stringIn,
  wordIn,
} from "../../../../src/core/text/fields.ts";
import { listOf } from "../../../../src/core/text/list-of.ts";

it.each([
  ["an object", { a: 1 }, 1],
  ["an object without it", { b: 1 }, undefined],
  ["a list", [1], undefined],
  ["a text", "a", undefined],
  ["null", null, undefined],
  ["nothing", undefined, undefined],
  ["a number", 7, undefined],
])("finds a field of %s", (_, value, field) => {
  expect(fieldOf(value, "a")).toBe(field);
});

it.each([
  ["an object", { a: 1 }, { a: 1 }],
  ["a list", [1], null],
  ["null", null, null],
  ["a text", "a", null],
])("takes %s for a record or not", (_, value, record) => {
  expect(recordOf(value)).toEqual(record);
});

it.each([
  ["text", { a: "x" }, "x", undefined],
  ["a number", { a: 7 }, undefined, 7],
  ["null", { a: null }, undefined, undefined],
  ["a truth", { a: true }, undefined, undefined],
])("counts a field of an unexpected type as missing: %s", (_, value, text, number) => {
  expect([stringIn(value, "a"), numberIn(value, "a")]).toEqual([text, number]);
});

it.each([
  ["one", 7, 7],
  ["one that JSON can say and nobody can count", Number.POSITIVE_INFINITY, undefined],
  ["its digits", "7", undefined],
])("finds a number: %s", (_, a, number) => {
  expect(numberIn({ a }, "a")).toBe(number);
});

it.each([
  ["some", "x", "x"],
  ["none", "", null],
  ["a number", 7, null],
])("finds a word where there is text: %s", (_, a, word) => {
  expect(wordIn({ a }, "a")).toBe(word);
});

const century = 36_500 * 24 * 60 * 60 * 1_000;

it.each([
  ["nothing", 0, 0],
  ["below nothing", -1, null],
  ["a hundred years", century, century],
  ["longer", century + 1, null],
  ["a text", "7", null],
])("finds a duration: %s", (_, a, durationMs) => {
  expect(durationIn({ a }, "a")).toBe(durationMs);
});

it.each(["constructor", "toString", "__proto__"])("finds nothing under %s but what was put there", (key) => {
  expect(ownValue({}, key)).toBeUndefined();
  expect(ownValue(Object.fromEntries([[key, 1]]), key)).toBe(1);
});

it("reads each item of a list by itself", () => {
  const steps = listOf(z.object({ step: z.string() }));
  expect(steps.parse([{ step: "a" }, null, { step: 3 }, "b", { step: "c" }])).toEqual([
    { step: "a" },
    { step: "c" },
  ]);
  expect(steps.safeParse({ step: "a" }).success).toBe(false);
});
