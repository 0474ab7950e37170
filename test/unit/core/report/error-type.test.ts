import { expect, it } from "vitest";
import { errorType } from "../../../../src/core/text/error-type.ts";

it.each([
  ["old_string not found in src/app.ts", "old_string_not_found"],
  ["TypeError: x is not a function", "typeerror"],
  ["Cannot read file (ENOENT)", "cannot_read_file"],
  ["connection refused, try again", "connection_refused"],
  ["no such file: a.ts", "no_such_file"],
  ["waited for lock on index", "waited"],
  ["one two three four five six seven", "one_two_three_four_five"],
  ["exit 137", "exit"],
  ["137", null],
  ["", null],
  [null, null],
])("%j is of the kind %j", (message, type) => {
  expect(errorType(message)).toBe(type);
});
