import { readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { projectFolder } from "../program.ts";
import { layOut, writtenAt } from "../sources/laid-out-home.ts";
import { findLeaves, type Leaf, plant } from "./leaves.ts";
import { allOutputs, forbidden, look } from "./outputs.ts";
import { secrets } from "./secrets.ts";

const agents = ["agent-logs", "claude-code", "codex", "gemini-cli", "opencode"] as const;
const escapes = "\u001b]52;c;x\u0007\u001b[2J\u009b31m\u001bP1$r\u001b\\\u202e\u200b\r\n\u0000\ud800";
const homes = join(projectFolder, "fixtures/homes");

/** Looks once for each kind of field of an agent's files, with a text put around what stands there. */
async function lookWithEach(agent: string, textOf: (index: number) => string): Promise<readonly string[]> {
  const seen = new Set<string>();
  const leaks: string[] = [];
  const cases = readdirSync(join(homes, agent)).filter((name) => !name.endsWith(".json"));
  for (const name of cases) {
    const { base, project, home, procfs } = layOut(agent, name);
    onTestFinished(() => rmSync(base, { recursive: true, force: true }));
    for (const leaf of findLeaves(base)) {
      const field = fieldOf(leaf);
      if (seen.has(field)) continue;
      seen.add(field);
      const undo = plant(leaf.file, [leaf], (text) => `${text} ${textOf(seen.size)}`);
      utimesSync(leaf.file, writtenAt / 1_000, writtenAt / 1_000);
      const shown = allOutputs(await look({ project, home, procfs, now: writtenAt + 60_000 }));
      undo();
      for (const [form, text] of Object.entries(shown))
        if (isLeak(text, seen.size)) leaks.push(`${agent}/${name} ${field} → ${form}`);
    }
  }
  return leaks;
}

const secretAt = (index: number) => secrets[index % secrets.length] ?? expect.unreachable();
const isLeak = (text: string, index: number) => forbidden.test(text) || text.includes(secretAt(index)[2]);

// Which agent's file, and the keys that lead to the text in it.
function fieldOf({ file, path }: Leaf): string {
  const names = path.filter((key) => !/^\d+$/.test(String(key)));
  return `${/\.(\w+)$/.exec(file)?.[1]} ${names.join(".")}`;
}

it.each(agents)("shows no secret and no escape that %s wrote into any field", async (agent) => {
  expect(await lookWithEach(agent, (index) => `${escapes} ${secretAt(index)[1]}`)).toEqual([]);
});
