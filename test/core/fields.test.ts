import { expect, it } from "vitest";
import { fieldOf, numberIn, recordOf, stringIn } from "../../src/core/fields.ts";

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
