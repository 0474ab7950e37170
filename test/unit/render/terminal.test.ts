import { describe, expect, it } from "vitest";
import { clip, makeChalk, toAscii, wrap } from "../../../src/render/terminal.ts";

describe("wrap", () => {
  it("breaks at spaces and indents what follows", () => {
    expect(wrap("200 tasks: 2 failed, 1 waiting, 3 stuck", 20)).toEqual([
      "200 tasks: 2 failed,",
      "    1 waiting, 3",
      "    stuck",
    ]);
  });

  it("leaves what fits, and what is piped, in one line", () => {
    expect(wrap("3 tasks: 3 healthy", 18)).toEqual(["3 tasks: 3 healthy"]);
    expect(wrap("3 tasks: 3 healthy", null)).toEqual(["3 tasks: 3 healthy"]);
  });

  it("keeps the indentation of what it breaks", () => {
    expect(wrap("    14:29  read one two three", 20)).toEqual(["    14:29  read one", "        two three"]);
  });

  it("keeps a word that is too long", () => {
    expect(wrap("--explain .worktrees/long", 12)).toEqual(["--explain", "    .worktrees/long"]);
  });
});

describe("makeChalk", () => {
  it.each([
    ["on a terminal", {}, true, false, 1],
    ["in a pipe", {}, false, false, 0],
    ["with NO_COLOR", { NO_COLOR: "1" }, true, false, 0],
    ["with an empty NO_COLOR", { NO_COLOR: "" }, true, false, 1],
    ["with TERM=dumb", { TERM: "dumb" }, true, false, 0],
    ["with FORCE_COLOR in a pipe", { FORCE_COLOR: "1" }, false, false, 1],
    ["with an empty FORCE_COLOR in a pipe", { FORCE_COLOR: "" }, false, false, 1],
    [
      "with FORCE_COLOR against NO_COLOR and TERM=dumb",
      { FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" },
      true,
      false,
      1,
    ],
    ["with FORCE_COLOR=0", { FORCE_COLOR: "0" }, true, false, 0],
    ["with --no-color against FORCE_COLOR", { FORCE_COLOR: "1" }, true, true, 0],
  ])("%s", (_, env, isTerminal, noColor, level) => {
    expect(makeChalk(env, isTerminal, noColor).level).toBe(level);
  });
});

describe("clip", () => {
  it.each([
    ["short", 10, "short"],
    ["exactly 10", 10, "exactly 10"],
    ["longer than it", 10, "longer th…"],
    ["a word and", 8, "a word…"],
    ["日本語テスト", 7, "日本語…"],
    ["👩‍👩‍👧 family", 4, "👩‍👩‍👧…"],
    ["anything", 1, "…"],
    ["never shortened in a pipe", null, "never shortened in a pipe"],
  ])("of %j at %j columns is %j", (text, columns, expected) => {
    expect(clip(text, columns)).toBe(expected);
  });
});

describe("toAscii", () => {
  it("writes our own signs in ASCII", () => {
    expect(toAscii("edit ×2 … – →")).toBe("edit x2 ... - ->");
  });
});
