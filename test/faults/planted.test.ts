import { expect, it, onTestFinished } from "vitest";
import { leaksIn, look, written } from "./outputs.ts";
import { makers } from "./planted-places.ts";
import { plantedSecret } from "./secrets.ts";

const escapes = "\u001b]52;c;x\u0007\u001b[2J\u009b31m\u001bP1$r\u001b\\\u202e\u200b\r\n\u0000\ud800";
const groups = [...new Set(makers.map(({ name }) => name.split("/")[0] ?? name))];

/** One kind of token in one of its surroundings in each field, around what stands there or in its place; `bun run plant` tries every kind in each. */
async function leaksOf(group: string): Promise<readonly string[]> {
  const seen = new Set<string>();
  const leaks: string[] = [];
  for (const { name, make } of makers.filter((maker) => maker.name.startsWith(`${group}/`))) {
    const { place, plantings, remove } = make();
    onTestFinished(remove);
    for (const { field, fits, put } of plantings) {
      if (seen.has(field)) continue;
      const [kind, secret, hidden] = plantedSecret(seen.size);
      const isAround = seen.size % 2 === 0;
      seen.add(field);
      const planted = [escapes, escapes.replace("\u0000", ""), ""].map((before) => `${before} ${secret}`);
      const fitting = planted.find((text) => fits?.(text) ?? true);
      if (fitting === undefined) continue;
      const undo = put((text) => `${isAround ? text : ""} ${fitting}`);
      const forms = leaksIn(written(await look(place)), hidden);
      undo();
      leaks.push(...forms.map((form) => `${name} ${field} → ${form}: ${kind}`));
    }
  }
  return leaks;
}

it.each(groups)("shows and keeps no secret and no escape that stands in any field of %s", async (group) => {
  expect(await leaksOf(group)).toEqual([]);
});
