import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonError } from "../../../src/io/json-position.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("findJsonError", () => {
  it.each([
    ["", 1, 1, "a value"],
    ["{", 1, 2, "a key in quotes"],
    ['{"a"', 1, 5, '":"'],
    ['{"a": ', 1, 7, "a value"],
    ['{"a": 1', 1, 8, '"," or "}"'],
    ['{"a": 1,}', 1, 9, "a key in quotes"],
    ['{\n  "a": tru\n}', 2, 8, "a value"],
    ['["a\nb"]', 1, 4, "the closing quote of a string"],
    ['["\\x"]', 1, 3, "a valid escape"],
    ["[1 2]", 1, 4, '"," or "]"'],
    ["[1,\n 2,\n]", 3, 1, "a value"],
    ["{} {}", 1, 4, "the end of the file"],
    ["01", 1, 2, "the end of the file"],
    ["NaN", 1, 1, "a value"],
    ["'a'", 1, 1, "a value"],
  ])("of %j is at line %i, column %i", (text, line, column, expected) => {
    expect(findJsonError(text)).toEqual({ line, column, expected });
  });

  it("agrees with JSON.parse about every truncation of any JSON", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.constantFrom(0, 2), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent);
        const cuts = Array.from({ length: text.length + 1 }, (_, length) => text.slice(0, length));
        expect(cuts.map((cut) => findJsonError(cut) === null)).toEqual(cuts.map(isJson));
      }),
    );
  });

  it("agrees with JSON.parse about anything", () => {
    const piece = fc.constantFrom(...'{ } [ ] , : " \\ \\u00e9 \\n true null -1.5e3 0 a é \t \n'.split(" "));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        expect(findJsonError(text) === null).toBe(isJson(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it("finds its way through any nesting", () => {
    expect(findJsonError("[".repeat(300_000))).toMatchObject({ line: 1, column: 300_001 });
    expect(findJsonError("[".repeat(300_000) + "]".repeat(300_000))).toBeNull();
  });
});
