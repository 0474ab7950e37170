import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../src/command-line.ts";

const parse = (...words: readonly string[]) => parseCommandLine(words, () => {});

describe("parseCommandLine", () => {
  it("gives the defaults of the contract", () => {
    expect(parse()).toMatchObject({
      root: null,
      worktrees: [],
      sinceMs: 86_400_000,
      failures: 3,
      stuckAfterMs: 900_000,
      all: false,
      json: false,
      check: false,
      quiet: false,
      record: true,
      color: true,
      ascii: false,
      now: null,
    });
  });

  it("reads every value", () => {
    expect(
      parse(
        ..."--root r --worktrees a --worktrees b --since 7d --failures 5 --stuck-after 1h30m --now 2026-11-22T14:32:00Z --all --json --check --quiet --no-record --no-color --ascii --procfs p".split(
          " ",
        ),
      ),
    ).toMatchObject({
      root: "r",
      worktrees: ["a", "b"],
      sinceMs: 604_800_000,
      failures: 5,
      stuckAfterMs: 5_400_000,
      now: Date.parse("2026-11-22T14:32:00Z"),
      all: true,
      json: true,
      check: true,
      quiet: true,
      record: false,
      color: false,
      ascii: true,
      procfs: "p",
    });
  });

  it.each([
    [["--since", "soon"], "--since", "15m"],
    [["--since", "0s"], "--since", "15m"],
    [["--stuck-after", "15"], "--stuck-after", "15m"],
    [["--stuck-after", "-5m"], "--stuck-after", "15m"],
    [["--failures", "0"], "--failures", "3"],
    [["--failures", "three"], "--failures", "3"],
    [["--failures", "2.5"], "--failures", "3"],
    [["--now", "yesterday"], "--now", "2026-11-22T14:32:00Z"],
    [["--now", "2026-11-22"], "--now", "2026-11-22T14:32:00Z"],
    [["--now", "2026-02-30T00:00:00Z"], "--now", "2026-11-22T14:32:00Z"],
    [["--root"], "--root", "missing"],
    [["--root", ""], "--root", "such as ."],
    [["--worktrees", ""], "--worktrees", ".worktrees/*/status.json"],
    [["--worktrees", "a", "--worktrees", " "], "--worktrees", ".worktrees/*/status.json"],
    [["--explain", ""], "--explain", "bg_9f31c0"],
    [["--prometheus", ""], "--prometheus", "monitor.prom"],
    [["--procfs", ""], "--procfs", "/proc"],
    [["--frobnicate"], "--frobnicate", "unknown option"],
    [["please"], "please", "--explain please"],
    [["--quiet"], "--quiet", "--check"],
  ])("refuses %j, naming the option and what is right", (words, named, right) => {
    expect(() => parse(...words)).toThrow(named);
    expect(() => parse(...words)).toThrow(right);
  });

  it("suggests the option that is meant", () => {
    expect(() => parse("--roo", "r")).toThrow("Did you mean --root?");
  });

  /** A good value of each option that `--help` lists with one. */
  const values: Readonly<Record<string, string>> = {
    root: "r",
    worktrees: "w",
    since: "3d",
    "stuck-after": "20m",
    failures: "4",
    reader: "laptop",
    explain: "x",
    prometheus: "x",
    now: "2026-11-22T14:32:00Z",
    procfs: "p",
  };
  let help = "";
  try {
    parseCommandLine(["--help"], (text) => (help += text));
  } catch {
    // --help ends as an error without a fault
  }
  const listed = [...help.matchAll(/^ +(?:-\w, )?--([a-z-]+)/gm)];
  const switches = listed.flatMap(([, name = ""]) => (/^(help|version)$/.test(name) ? [] : [name]));
  const wordsOf = (name: string) => [`--${name}`, values[name] ?? []].flat();
  const refused: Readonly<Record<string, readonly string[]>> = {
    review: ["explain", "changed", "check", "line", "prometheus", "quiet"],
    explain: ["changed", "line", "check", "quiet"],
    line: ["json", "changed", "check"],
  };
  const quietNeeds = ["check", "prometheus", "line"];
  const isRefused = (a: string, b: string) =>
    refused[a]?.includes(b) === true ||
    refused[b]?.includes(a) === true ||
    (a === "quiet" && !quietNeeds.includes(b)) ||
    (b === "quiet" && !quietNeeds.includes(a));
  const pairs = switches.flatMap((a, index) =>
    switches.slice(index + 1).map((b): [string, string] => [a, b]),
  );

  it("pairs every option of --help", () => {
    expect(switches.toSorted()).toEqual(
      [...Object.keys(values), ..."all line json changed review check quiet".split(" ")]
        .concat("no-record", "no-color", "ascii")
        .toSorted(),
    );
  });

  it.each(pairs.filter(([a, b]) => isRefused(a, b)))("refuses --%s with --%s, by name", (a, b) => {
    const named = new RegExp(`--(${a}|${b})\\b.*--(${a}|${b}|check)\\b`);
    expect(() => parse(...wordsOf(a), ...wordsOf(b))).toThrow(named);
  });

  it.each(pairs.filter(([a, b]) => !isRefused(a, b)))("takes --%s with --%s", (a, b) => {
    expect(() => parse(...wordsOf(a), ...wordsOf(b))).not.toThrow();
  });

  it("gives explained tasks and a line to nobody's record", () => {
    expect([parse("--line").record, parse("--line", "--quiet").quiet]).toEqual([false, true]);
  });
});
