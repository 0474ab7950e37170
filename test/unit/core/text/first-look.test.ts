import fc from "fast-check";
import { expect, it } from "vitest";
import { Beginnings } from "../../../../src/core/text/first-look.ts";
import { tokenHints } from "../../../../src/core/text/tokens.ts";
import { tellingWords } from "../../../../src/core/text/told-secrets.ts";

const names = [...tokenHints, ...tellingWords];
const beginnings = new Beginnings();
for (const name of names) beginnings.enter(name);

it("passes over no place at which a name begins, in any case", () => {
  const piece = fc.oneof(
    fc.constantFrom(...names),
    fc.constantFrom(...names).map((name) => name.toUpperCase()),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join("");
      const { places } = beginnings.lookAt(text);
      const small = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      const begun = Array.from({ length: text.length }, (_, place) => place);
      const missed = begun.filter(
        (place) =>
          !places.includes(place) && names.some((name) => small.startsWith(name.toLowerCase(), place)),
      );
      expect(missed).toEqual([]);
    }),
    { seed: 20_261_201, numRuns: 3_000 },
  );
});

it.each([
  ["src/app.ts not found", "plain", false],
  ["two\nlines", "lines", false],
  ["50%", "plain", true],
  ["\u001b[31m", "foreign", false],
  ["né", "foreign", false],
])("says of %j which signs are in it", (text, signs, hasEscapes) => {
  expect(beginnings.lookAt(text)).toMatchObject({ signs, hasEscapes });
});
