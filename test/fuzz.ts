// Feeds every parser with valid records that were changed: `bun test/fuzz.ts [inputs=1000000] [seed=time]`.
import { targets } from "./faults/fuzzed.ts";

const [inputs = 1_000_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
let total = 0;
for (const { name, inputsEach, check } of targets) {
  const runs = Math.ceil(inputs / targets.length / inputsEach);
  const begun = performance.now();
  try {
    check(runs, seed);
    total += runs * inputsEach;
    console.log(
      `${name}: ${Math.round(runs * inputsEach)} inputs, ${Math.round(performance.now() - begun)} ms`,
    );
  } catch (error) {
    process.exitCode = 1;
    console.log(`${name}: FAILED\n${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${Math.round(total)} inputs without a failure, seed ${seed}`);
