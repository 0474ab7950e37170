import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "./program.ts";

/** What the project says to its users, as files and as one text. */
export const documents = ["README.md", "readme-record.md"]
  .map((name) => join(projectFolder, name))
  .filter((path) => existsSync(path));
export const readmeText = documents.map((path) => readFileSync(path, "utf8")).join("\n");

/** The first fenced block of `language` that holds `word`. @throws when there is none. */
export function findBlock(language: string, word: string): string {
  const blocks = [...readmeText.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))];
  const found = blocks.map((block) => block[1] ?? "").find((block) => block.includes(word));
  if (found === undefined) throw new Error(`no ${language} block with ${word}`);
  return found;
}
