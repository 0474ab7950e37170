// bun test/bench/bench-text.ts: what it costs to hide secrets in an ordinary message, beside reading the line it stands in
// (JSON.parse is 1), and how the cost grows with the length of a text.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plainName, plainText } from "../../src/core/text/safe-text.ts";

const rounds = 60;
const messages = readFileSync(join(import.meta.dirname, "../unit/core/text/harmless.txt"), "utf8")
  .trim()
  .split("\n");
const lines = messages.map((error) =>
  JSON.stringify({ timestamp: "2026-11-22T14:30:30.000Z", task_id: "bg_51e2d9", tool: "bash", error }),
);

const parse = fastest(lines, JSON.parse);
print("JSON.parse of the line", parse);
print("plainText of its message", fastest(messages, plainText));
for (const [name, unit] of [
  ["dashes", "-----BEGIN "],
  ["prefixes", "eyJeyJghp_sk-"],
  ["addresses", "a://b:c"],
  ["names", "password= token: "],
  ["escapes", "\u001b]\u001b[%2D\\u0041"],
] as const) {
  const [short, long] = [1_600, 16_000].map((length) =>
    fastest([unit.repeat(length).slice(0, length)], (text) => plainText(text, length)),
  );
  console.log(
    `${`10 times as many ${name}`.padEnd(44)}${((long ?? 0) / (short ?? 1)).toFixed(1)} times the time`,
  );
}
print("plainName of 200,000 characters", fastest(["x".repeat(200_000)], plainName));

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

function print(name: string, nanoseconds: number): void {
  console.log(
    `${name.padEnd(44)}${(nanoseconds / 1_000).toFixed(2)} µs  ${(nanoseconds / parse).toFixed(1)} × JSON.parse`,
  );
}
