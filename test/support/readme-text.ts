import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "./program.ts";

/** What the project says to its users. */
export const readmePath = join(projectFolder, "README.md");
export const readmeText = readFileSync(readmePath, "utf8");

/** The first fenced block of `language` that holds `word`. @throws when there is none. */
export function findBlock(language: string, word: string): string {
  const blocks = [...readmeText.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))];
  const found = blocks.map((block) => block[1] ?? "").find((block) => block.includes(word));
  if (found === undefined) throw new Error(`no ${language} block with ${word}`);
  return found;
}
