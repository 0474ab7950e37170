import { describe, expect, it } from "vitest";
import {
  digestInput,
  digestOutput,
  echoesOf,
  hashError,
  hashText,
  normaliseResult,
} from "../../../../src/core/evidence/call-digest.ts";

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
