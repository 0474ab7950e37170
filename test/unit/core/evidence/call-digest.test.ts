import { describe, expect, it } from "vitest";
import {
  digestInput,
  digestOutput,
  echoesOf,
  hashError,
  hashText,
  normalisations,
  normaliseResult,
} from "../../../../src/core/evidence/call-digest.ts";

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

describe("digestOutput", () => {
  it("takes the echo of the question and all numbers out of an answer", () => {
    const answer = (name: string, count: number) =>
      digestOutput(
        `No matches for "${name}" in ${count} files`,
        false,
        echoesOf({ pattern: name, path: "src" }),
      );

    expect(answer("alpha", 3).answerHash).toBe(answer("beta beta", 14).answerHash);
    expect(answer("alpha", 3).resultHash).not.toBe(answer("beta beta", 3).resultHash);
  });

  it("takes the words of a command and the last part of a path out of an answer", () => {
    const answer = (name: string) =>
      digestOutput(`find: ${name}: not found`, false, echoesOf({ command: `find src -name "${name}"` }));
    const read = (name: string) =>
      digestOutput(`no file ${name} here`, false, echoesOf({ file_path: `/srv/demo/${name}` }));

    expect(answer("Foo.java").answerHash).toBe(answer("BarBaz.java").answerHash);
    expect(read("Foo.java").answerHash).toBe(read("BarBaz.java").answerHash);
  });

  it.each([
    ["paths", (name: string) => `./src/${name}`],
    ["hits with a place", (name: string) => `src/a.ts:12:const ${name} = 1`],
    ["hits with a line number", (name: string) => `12:const ${name} = 1`],
    ["long lists", (name: string) => `${"a line of text\n".repeat(50)}found ${name}`],
  ])("keeps apart %s that were found", (_, text) => {
    const answer = (name: string) => digestOutput(text(name), false, echoesOf({ pattern: name })).answerHash;

    expect(answer("alpha")).not.toBe(answer("beta"));
  });

  it("tells the length of what is left", () => {
    expect(digestOutput("<output>four</output>\n", false, []).length).toBe(4);
    expect(digestOutput("(Bash completed with no output)", false, []).length).toBe(0);
  });

  it("has an error hash only for a failure", () => {
    expect(digestOutput("no such file", false, []).errorHash).toBeNull();
    expect(digestOutput("no such file", true, []).errorHash).toBe(hashText("no such file"));
  });
});

describe("hashError", () => {
  it.each([
    ["moving numbers", "line 12: unexpected", "line 7: unexpected", true],
    ["other words", "unexpected (", "unexpected )", false],
    [
      "another middle",
      `${"a".repeat(240)}x${"b".repeat(160)}`,
      `${"a".repeat(240)}yy${"b".repeat(160)}`,
      true,
    ],
    [
      "another beginning",
      `${"a".repeat(239)}!x${"b".repeat(160)}`,
      `${"a".repeat(240)}x${"b".repeat(160)}`,
      false,
    ],
    ["another end", `${"a".repeat(240)}x${"b".repeat(160)}`, `${"a".repeat(240)}x!${"b".repeat(159)}`, false],
  ])("compares errors by %s", (_, a, b, isEqual) => {
    expect(hashError(a) === hashError(b)).toBe(isEqual);
  });

  it.each([
    "",
    "Error",
    "Error:",
    "Exit code 1",
    "exit status 2",
    "Process exited with code 127",
    "Command failed with exit code 1",
    "failed",
  ])("says nothing of the error text %j", (text) => {
    expect(hashError(text)).toBeNull();
  });

  it("says something of any other text", () => {
    expect(hashError("Exit code 1\nno such file")).not.toBeNull();
  });
});

describe("digestInput", () => {
  const hash = (raw: unknown) => digestInput("read", raw).argsHash;
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

  it.each([
    ["order of keys", { a: 1, b: { c: [1, 2], d: 2 } }, { b: { d: 2, c: [1, 2] }, a: 1 }, true],
    ["order of items", [1, 2], [2, 1], false],
    ["another value", { a: 1 }, { a: 2 }, false],
    ["a number and its digits", { a: 1 }, { a: "1" }, false],
    ["a key more", { a: 1 }, { a: 1, b: null }, false],
    ["how it is called, not what", { a: 1, description: "x", timeout: 5 }, { a: 1, description: "y" }, true],
    ["why it is called", { a: 1, justification: "x" }, { a: 1, justification: "y", timeout_ms: 5 }, true],
    ["a description that is all there is", { description: "x" }, { description: "y" }, false],
    ["the same word deeper down", { a: { description: "x" } }, { a: { description: "y" } }, false],
    ["blocks that lie side by side", { offset: 1, limit: 100 }, { offset: 101, limit: 100 }, false],
    ["long texts", { a: "x".repeat(5_000) }, { a: `${"x".repeat(4_999)}y` }, false],
    ["equal long texts", { a: "x".repeat(5_000) }, { a: "x".repeat(5_000) }, true],
    ["nothing and an empty input", {}, [], false],
  ])("compares inputs by %s", (_, a, b, isEqual) => {
    expect(hash(a) === hash(b)).toBe(isEqual);
  });

  it.each([
    ["no input", undefined],
    ["null", null],
    ["an input nested without end", nested(5_000)],
  ])("does not know the arguments of %s", (_, raw) => {
    expect(hash(raw)).toBeNull();
  });

  it("knows the arguments of an input nested 32 deep", () => {
    expect(hash(nested(32))).not.toBeNull();
    expect(hash(nested(33))).toBeNull();
  });
});

it("keeps few and short echoes of a large input", () => {
  const echoes = echoesOf({ texts: Array.from({ length: 1_000 }, (_, n) => `word${n} ${"x".repeat(n)}`) });

  expect(echoes.length).toBeLessThanOrEqual(32);
  expect(Math.max(...echoes.map(({ length }) => length))).toBeLessThanOrEqual(200);
});

it("keeps no echo that is part of most words", () => {
  expect(echoesOf({ a: "in", b: "the" })).toEqual(["the"]);
});

describe("the edges of what is kept", () => {
  it.each([
    ["200 letters", 200, ["200"]],
    ["201 letters, but its first 200 for a word", 201, ["200"]],
    ["4 letters", 4, ["4"]],
    ["3 letters", 3, ["3"]],
    ["no 2 letters", 2, []],
  ])("keeps for an echo %s", (_, length, kept) => {
    expect(echoesOf({ a: "x".repeat(length) }).map((echo) => `${echo.length}`)).toEqual(kept);
  });

  it("keeps no text of more than 200 letters as a whole", () => {
    const texts = (end: string) => echoesOf({ a: `${"x ".repeat(99)}${end}` });

    expect([texts("xx").length, texts("xxx").length]).toEqual([1, 0]);
  });

  it("keeps the words of at least 4 letters", () => {
    expect(echoesOf({ command: "ab abc abcd abcde" })).toEqual(["ab abc abcd abcde", "abcde", "abcd"]);
  });

  it("keeps 32 echoes, the longest first", () => {
    const texts = Array.from({ length: 40 }, (_, index) => "x".repeat(index + 4));
    const lengths = echoesOf(texts).map(({ length }) => length);

    expect(lengths).toEqual(Array.from({ length: 32 }, (_, index) => 35 - index));
  });

  it("keeps no echo that a report would hide, and keeps the others", () => {
    const secret = ["sk", "a1b2c3d4e5f6a7b8c9d0e1f2"].join("-");

    expect(echoesOf({ a: `deploy ${secret}`, b: "harmless" })).toEqual(["harmless", "deploy"]);
  });

  it.each([
    ["4 deep", [[[["word"]]]], ["word"]],
    ["5 deep", [[[[["word"]]]]], []],
  ])("looks for echoes %s", (_, raw, echoes) => {
    expect(echoesOf(raw)).toEqual(echoes);
  });

  it.each([
    ["50 lines", 50, true],
    ["51 lines", 51, false],
  ])("takes the echo out of an answer of %s", (_, lines, isTaken) => {
    const answer = (name: string) =>
      digestOutput(`${"a line of text\n".repeat(lines - 1)}nothing like ${name}`, false, [name]).answerHash;

    expect(answer("alpha") === answer("beta")).toBe(isTaken);
  });

  it.each([
    ["131,072 characters", 131_072, true],
    ["131,073 characters", 131_073, false],
  ])("reads a result of %s as a whole", (_, length, isWhole) => {
    const output = "x".repeat(length);

    expect(normaliseResult(output) === output).toBe(isWhole);
  });

  it("keeps the first and the last character of a long result", () => {
    expect(normaliseResult(`a${"x".repeat(200_000)}z`)).toMatch(/^ax+\n<68930 characters \w+>\nx+z$/);
  });

  it.each([
    ["400 characters", 400, false],
    ["401 characters", 401, true],
  ])("leaves the middle out of an error of %s", (_, length, isEqual) => {
    const error = (middle: string) => `${"a".repeat(240)}${middle}${"b".repeat(length - 241)}`;

    expect(hashError(error("x")) === hashError(error("y"))).toBe(isEqual);
  });
});
