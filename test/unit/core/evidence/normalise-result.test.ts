import { describe, expect, it } from "vitest";
import { digestOutput, normalisations, normaliseResult } from "../../../../src/core/evidence/call-digest.ts";

const esc = "\u001b";

/** One row a normalisation at least: two results of the same thing at different times. */
const equalPairs: [name: string, a: string, b: string][] = [
  ["escape sequences", `${esc}[31mfailed${esc}[0m`, "failed"],
  ["escape sequences", `${esc}]0;title\u0007failed`, "failed"],
  ["reminders", "done\n<system-reminder>\nThe plan is empty.\n</system-reminder>", "done"],
  ["wrapper tags", "<output>done</output>", "done"],
  ["wrapper tags", "<tool_use_error>no such file</tool_use_error>", "no such file"],
  ["wrapper tags", "<untrusted_context>\n</untrusted_context>", ""],
  [
    "lines about the call",
    "Chunk ID: 071646\nWall time: 0.1 seconds\nOutput:\nx",
    "Chunk ID: aa\nOutput:\nx",
  ],
  ["lines about the call", "Exit code: 0\nWall time: 2 seconds\nOutput:\n", ""],
  ["lines about the call", "Output: (empty)\nError: (none)\nExit Code: 0\nSignal: (none)", ""],
  ["words for no output", "(Bash completed with no output)", ""],
  ["words for no output", "Tool ran without output or errors", ""],
  ["words for no output", "Your command ran successfully and did not produce any output.", ""],
  ["words for no output", "(no output)", ""],
  ["points in time", "at 2026-01-10T12:00:00.123Z", "at 2026-01-11T07:13:59+01:00"],
  ["points in time", "at 2026-01-10 12:00:00,123 start", "at 2026-02-10 12:00:01 start"],
  ["points in time", "started 1767225600", "started 1767225601000"],
  ["dates in words", "Mon Jan 5 12:00 a.txt", "Tue Feb 16 09:30 a.txt"],
  ["points in time", "2026-01-10T14_32_00_123Z-debug-0.log", "2026-01-11T15_33_01_9Z-debug-0.log"],
  ["points in time", "at 1767225600.123", "at 1767225601.9"],
  ["dates in words", "1 u g 10 Jan 22 14:32 a", "1 u g 10 Feb 1 09:01 a"],
  ["dates in words", "on 5 March 2026", "on 16 Apr 2026"],
  ["clock times", "[12:01] done", "[7:59] done"],
  ["clock times", "12:01:33 done", "01:02:03.5 done"],
  ["clock times", "done at 1:05 pm", "done at 11:30 am"],
  ["durations", "Finished in 1.23s", "Finished in 12 seconds"],
  ["durations", "took 5ms", "took 1234 ms"],
  ["durations", "Total time:  01:12 min", "Total time:  3.21 s"],
  ["durations", "took 1,234 ms", "took 22,345 ms"],
  ["durations", "took 1m 5s", "took 2h 3m 59s"],
  ["uuids", "id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-E89B-12D3-A456-426614174999"],
  ["addresses", "<Object at 0x7f12ab34>", "<Object at 0x7fffffff0a>"],
  ["hex ids", "commit 1a2b3c4", "commit 9f8e7d6c5b4a39281706f5e4d3c2b1a098765432"],
  ["ids with a prefix", "started bg_51e2d9 now", "started bg_9f31c0 now"],
  ["process and session numbers", "pid 17", "pid 48213"],
  ["process and session numbers", "Session ID: 5", "Session ID: 81"],
  ["process and session numbers", "Process ID: 5", "Process ID: 81"],
  ["process and session numbers", "(node:17) Warning", "(node:48213) Warning"],
  ["job numbers", "[1] 4711", "[2] 4712"],
  ["temporary paths", "wrote /tmp/tmp.Ab12/out.txt", "wrote /tmp/tmp.Zz99/out.txt"],
  ["temporary paths", "in /var/folders/ab/c1/T/x1 now", "in /private/var/folders/zz/y9/T/q7 now"],
  [
    "temporary paths",
    "C:\\Users\\a\\AppData\\Local\\Temp\\x1 now",
    "C:\\Users\\a\\AppData\\Local\\Temp\\x2 now",
  ],
  ["temporary paths", "/tmp/pytest-of-u/pytest-1/test_a", "/tmp/pytest-of-u/pytest-12/test_a"],
  ["shell line numbers", "/bin/sh: 3: x: not found", "/bin/sh: 41: x: not found"],
  ["shell line numbers", "bash: line 3: syntax error", "bash: line 41: syntax error"],
  ["white space at line ends", "a  \r\nb\t", "a\nb"],
];

describe("normaliseResult", () => {
  it.each(equalPairs)("makes equal, by %s: %s", (_, a, b) => {
    expect(normaliseResult(a)).toBe(normaliseResult(b));
  });

  it("has a row for every normalisation", () => {
    expect(new Set(equalPairs.map(([name]) => name))).toEqual(new Set(normalisations.map(([name]) => name)));
  });

  it.each([
    ["counts", "3 failed", "2 failed"],
    ["progress", "5% done", "6% done"],
    ["sizes in a listing", "1 u g 10 Jan 22 14:32 a", "1 u g 11 Jan 22 14:32 a"],
    ["large counts", "1000000 rows", "2000000 rows"],
    ["places", "src/a.ts:10:25 error", "src/a.ts:11:25 error"],
    ["words of months", "Mark 10", "Mark 11"],
    ["words of ids", "task_manager", "task_planner"],
    ["words in hex letters", "defaced", "effaced"],
    ["files in a temporary folder", "/tmp/work/a.txt", "/tmp/work/b.txt"],
    ["tags of the text", "List<String>", "List<Integer>"],
    ["exit codes", "Exit code: 1", "Exit code: 2"],
    ["words after no output", "no output file given", ""],
    ["versions", "v1.2.3", "v1.2.4"],
  ])("keeps apart %s", (_, a, b) => {
    expect(normaliseResult(a)).not.toBe(normaliseResult(b));
  });

  it("reads both ends of a long result and takes its middle as it stands", () => {
    const long = (middle: string, second: number) =>
      `12:00:0${second} begin ${"x".repeat(100_000)}${middle}${"y".repeat(100_000)} took ${second}s`;

    expect(normaliseResult(long("a", 1))).toBe(normaliseResult(long("a", 2)));
    expect(normaliseResult(long("a", 1))).not.toBe(normaliseResult(long("b", 1)));
  });

  it.each([
    ["digits", "1".repeat(10_000_000)],
    ["hex letters", "a1".repeat(5_000_000)],
    ["opened tags", "<".repeat(10_000_000)],
    ["reminders", "<system-reminder>a".repeat(600_000)],
    ["escapes", "\u001b]".repeat(5_000_000)],
    ["blanks", " ".repeat(10_000_000)],
    ["line ends", "(no output)\n".repeat(800_000)],
    ["durations", "1m".repeat(5_000_000)],
    ["clock times", "1:11".repeat(2_500_000)],
    ["temporary paths", "/tmp".repeat(2_500_000)],
    ["shells", "sh".repeat(5_000_000)],
    ["words", `${"word ".repeat(2_000_000)}`],
    ["open brackets", "(((( ".repeat(2_000_000)],
  ])(
    "takes little time for ten megabytes of %s",
    (_, text) => {
      expect(digestOutput(text, true, ["word", "1"]).resultHash).not.toBeNull();
    },
    2_000,
  );
});
