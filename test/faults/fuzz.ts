// Feeds every parser with valid records, and the monitor with valid workspaces, that were changed:
// `bun test/faults/fuzz.ts [inputs=1000000] [seed=time] [only]`.
import { targets } from "./fuzzed.ts";
import { workspaces } from "./fuzzed-workspaces.ts";

const [inputs = 1_000_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2, 4).map(Number);
const only = new RegExp(process.argv[4] ?? "");
let total = 0;
for (const { name, inputsEach, check, share = 1 } of [...targets, workspaces]) {
  if (!only.test(name)) continue;
  const runs = Math.ceil((inputs / targets.length / inputsEach) * share);
  const begun = performance.now();
  try {
    await check(runs, seed);
    total += runs * inputsEach;
    console.log(
      `${name}: ${Math.round(runs * inputsEach)} inputs, ${Math.round(performance.now() - begun)} ms`,
    );
  } catch (error) {
    process.exitCode = 1;
    console.log(`${name}: FAILED`, error);
  }
}
console.log(`${Math.round(total)} inputs without a failure, seed ${seed}`);
