import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { run } from "../support/program.ts";
import { blocksOf, readmes } from "../support/readme-text.ts";

/** Every `console` block: commands behind `$ `, and what all of them print. */
const blocks = blocksOf("console");
const shown = new Map<string, string>();

describe("every README shows what the program prints", () => {
  it.each(blocks.filter(isRunnable))("$block", async ({ block }) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    const parts = await Promise.all(commands.map((command) => run(["sh", "-c", command.slice(2)])));
    const seen = commands.map((command, index) => `${command}\n${parts[index]?.stdout}`).join("");
    shown.set(block, seen);
    update();
    expect(parts.map(({ stderr }) => stderr).join("")).toBe("");
    expect(process.env.UPDATE_GOLDEN === "1" ? seen : block).toBe(seen);
  });
});

// A machine with only Node and npm may have no jq; the program's own lines run everywhere.
function isRunnable({ block }: { readonly block: string }): boolean {
  return !/^\$ (?:.*\| )?jq /m.test(block) || Bun.which("jq") !== null;
}

it("has blocks to check", () => {
  expect(blocks.length).toBeGreaterThanOrEqual(4);
});

function update(): void {
  if (process.env.UPDATE_GOLDEN !== "1") return;
  for (const [path, before] of readmes) {
    let text = before;
    for (const [block, seen] of shown) text = text.replace(block, () => seen);
    if (text !== before) writeFileSync(path, text);
  }
}
