// bun test/bench/bench-text.ts: what it costs to hide secrets in an ordinary message, beside reading the line it stands in
// (JSON.parse is 1), and how the cost grows with the length of a text.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plainName, plainText } from "../../src/core/text/safe-text.ts";

const rounds = 300;
const tricky = readFileSync(join(import.meta.dirname, "../unit/core/text/harmless.txt"), "utf8")
  .trim()
  .split("\n");
const short = [
  "old_string not found in src/app.ts",
  "12 tests passed, 1 failed in src/cart.test.ts",
  "Cannot find module './render' imported from src/index.ts",
  "error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
  "Command timed out after 2m 0.0s",
  "ENOENT: no such file or directory, open '/srv/shop/src/app.ts'",
];
const long = [
  `error: Command failed with exit code 1: bun test\n\n src/cart.test.ts:\n12 |   expect(total([a, b])).toBe(42)\n${" ".repeat(24)}^\nerror: expect(received).toBe(expected)\n\nExpected: 42\nReceived: 41\n\n      at <anonymous> (/srv/shop/src/cart.test.ts:12:24)\n(fail) total > adds up [0.35ms]\n\n 11 pass\n 1 fail\n 12 expect() calls`,
  'Traceback (most recent call last):\n  File "/srv/shop/tools/load.py", line 31, in <module>\n    main()\n  File "/srv/shop/tools/load.py", line 27, in main\n    rows = read(path)\nFileNotFoundError: [Errno 2] No such file or directory: \'data/rows.csv\'',
  "npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\nnpm error\nnpm error While resolving: shop@1.0.0\nnpm error Found: react@19.1.0\nnpm error Could not resolve dependency",
];

for (const [name, messages] of Object.entries({ short, long, tricky })) {
  const parse = freshly(
    messages,
    (line) => JSON.parse(line),
    (text) => lineOf(text),
  );
  const hide = freshly(
    messages,
    (text) => plainText(text),
    (text) => JSON.parse(JSON.stringify(text)),
  );
  print(`${name} messages, each another: JSON.parse of the line`, parse, parse);
  print(`${name} messages, each another: plainText`, hide, parse);
}
const parse = fastest(short.map(lineOf), JSON.parse);
print("the same message again", fastest(short, plainText), parse);
for (const [name, unit] of [
  ["dashes", "-----BEGIN "],
  ["prefixes", "eyJeyJghp_sk-"],
  ["addresses", "a://b:c"],
  ["names", "password= token: "],
  ["escapes", "\u001b]\u001b[%2D\\u0041"],
] as const) {
  const [less, more] = [1_600, 16_000].map((length) =>
    fastest([unit.repeat(length).slice(0, length)], (text) => plainText(text, length)),
  );
  console.log(
    `${`10 times as many ${name}`.padEnd(64)}${((more ?? 0) / (less ?? 1)).toFixed(1)} times the time`,
  );
}
print("plainName of 200,000 characters", fastest(["x".repeat(200_000)], plainName), parse);

/** Nanoseconds a text, in the fastest of some rounds: a busy machine only adds. */
function fastest(texts: readonly string[], work: (text: string) => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const begun = Bun.nanoseconds();
    for (let turn = 0; turn < 10; turn += 1) for (const text of texts) work(text);
    best = Math.min(best, (Bun.nanoseconds() - begun) / 10 / texts.length);
  }
  return best;
}

/** The same for texts that were never seen before, as most are: no answer is known of them. */
function freshly(
  messages: readonly string[],
  work: (text: string) => unknown,
  make: (text: string) => string,
): number {
  let [best, made] = [Number.POSITIVE_INFINITY, 0];
  for (let round = 0; round < rounds; round += 1) {
    const texts = Array.from({ length: 100 }, () => messages.map((text) => make(`${text} ${made++}`))).flat();
    const begun = Bun.nanoseconds();
    for (const text of texts) work(text);
    best = Math.min(best, (Bun.nanoseconds() - begun) / texts.length);
  }
  return best;
}

function lineOf(error: string): string {
  return JSON.stringify({ timestamp: "2026-11-22T14:30:30.000Z", task_id: "bg_51e2d9", tool: "bash", error });
}

function print(name: string, nanoseconds: number, parse: number): void {
  console.log(
    `${name.padEnd(64)}${(nanoseconds / 1_000).toFixed(2)} µs  ${(nanoseconds / parse).toFixed(1)} × JSON.parse`,
  );
}
