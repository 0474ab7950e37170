// Plants each kind of secret into each field of each source, once around what stands there and once in its place, in other
// surroundings from field to field, and looks for it in everything that is printed or written. `bun test/faults/plant.ts [kinds=all] [only]`
import { secretKinds } from "../../src/core/text/secret-kinds.ts";
import { leaksIn, look, written } from "./outputs.ts";
import { makers } from "./planted-places.ts";
import { plantedSecret } from "./secrets.ts";

const [kinds = secretKinds.length] = process.argv.slice(2, 3).map(Number);
const only = new RegExp(process.argv[3] ?? "");
const seen = new Set<string>();
const leaks = new Map<string, number>();
let planted = 0;
for (const { name, make } of makers.filter((maker) => only.test(maker.name))) {
  const { place, plantings, remove } = make();
  for (const { field, fits, put } of plantings) {
    if (seen.has(field)) continue;
    seen.add(field);
    for (const [kind, secret, hidden] of Array.from({ length: kinds }, (_, index) =>
      plantedSecret(index, seen.size + index),
    ))
      for (const [how, change] of ways(secret)) {
        if (fits?.(secret) === false) continue;
        const undo = put(change);
        planted += 1;
        for (const form of leaksIn(written(await look(place)), hidden)) {
          const what = `${name} ${field} → ${form} (${how})`;
          if (!leaks.has(what)) console.log(`${what}: ${kind}`);
          leaks.set(what, (leaks.get(what) ?? 0) + 1);
        }
        undo();
      }
  }
  remove();
}
const leaked = [...leaks.values()].reduce((sum, count) => sum + count, 0);
console.log(`${seen.size} fields, ${kinds} kinds, ${planted} secrets planted, ${leaked} leaked`);
process.exitCode = leaked > 0 ? 1 : 0;

function ways(secret: string): readonly (readonly [string, (text: string) => string])[] {
  return [
    ["around", (text) => `${text} ${secret}`],
    ["instead", () => secret],
  ];
}
