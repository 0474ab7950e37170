import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { quoteForShell } from "../../../../src/core/text/shell.ts";

const odd = [
  "a b",
  "a'b",
  "''",
  '"',
  "`id`",
  "$(id)",
  "$HOME",
  "a;b",
  "a|b",
  "a&b",
  "a\\b",
  "*",
  "~",
  "#x",
  "!1",
  "{a,b}",
  "-x",
  "",
  "é",
  "=x",
  "<>",
  "[a]",
  "a\tb",
];

it("gives every odd word back to a POSIX shell as it was", () => {
  const script = `printf '%s\\n' ${odd.map(quoteForShell).join(" ")}`;
  expect(spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout).toBe(`${odd.join("\n")}\n`);
});

it.each(["bg_cafe01", ".worktrees/a", "fix/x@2", "a:b,c=d+e%"])("leaves %s as it is", (word) => {
  expect(quoteForShell(word)).toBe(word);
});
