import { expect, it } from "vitest";
import { progressLine } from "../../../src/render/progress-line.ts";

/** What is written when 40 MB come every so many milliseconds, five times. */
function watch(everyMs: number, isTerminal: boolean): string[] {
  const written: string[] = [];
  let now = 0;
  const line = progressLine(isTerminal ? { write: (text) => written.push(text) } : null, () => now);
  for (const _ of Array(5).keys()) {
    now += everyMs;
    line.add(40_000_000);
  }
  line.end();
  return written;
}

it("shows long work on a terminal and takes it away at the end", () => {
  expect(watch(400, true)).toEqual([
    "\r\u001b[Kreading logs: 120 MB",
    "\r\u001b[Kreading logs: 160 MB",
    "\r\u001b[Kreading logs: 200 MB",
    "\r\u001b[K",
  ]);
});

it.each([
  ["for short work", 150, true],
  ["where there is no terminal", 4_000, false],
])("shows nothing %s", (_, everyMs, isTerminal) => {
  expect(watch(everyMs, isTerminal)).toEqual([]);
});
