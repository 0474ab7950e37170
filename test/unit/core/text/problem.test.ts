import { describe, expect, it } from "vitest";
import { plainProblem, problemPlace } from "../../../../src/core/text/problem.ts";

const problem = { code: "invalid_json", path: "a.json", line: 3, column: 7, message: "is wrong" } as const;

describe("the place of a problem", () => {
  it.each([
    ["path, line and column", {}, "a.json:3:7"],
    ["path and line", { column: null }, "a.json:3"],
    ["the path alone", { line: null, column: null }, "a.json"],
    ["no column without a line", { line: null }, "a.json"],
  ])("is %s", (_, given, place) => {
    expect(problemPlace({ ...problem, ...given })).toBe(place);
  });
});

describe("plainProblem", () => {
  it("takes path and words to what is safe to print", () => {
    expect(plainProblem({ ...problem, path: "a\u001b[2J.json", message: "is\r\nwrong" })).toEqual({
      ...problem,
      path: expect.stringMatching(/^a\.json#[0-9a-f]{4}$/),
    });
  });

  it.each([
    ["400 characters", 400, "x".repeat(400)],
    ["401 characters", 401, `${"x".repeat(399)}…`],
  ])("keeps of a message %s", (_, length, message) => {
    expect(plainProblem({ ...problem, message: "x".repeat(length) }).message).toBe(message);
  });

  it.each([
    ["4,096 characters", 4_096, "x".repeat(4_096)],
    ["4,097 characters", 4_097, `${"x".repeat(4_086)}…#3e97197f`],
  ])("keeps of a path %s", (_, length, path) => {
    expect(plainProblem({ ...problem, path: "x".repeat(length) }).path).toBe(path);
  });
});
