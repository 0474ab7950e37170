import { readFileSync } from "node:fs";
import { join } from "node:path";
import fastGlob from "fast-glob";
import { projectFolder } from "./program.ts";

/** What the project says to its users: its README, and those beside the code. Path → text. */
export const readmes: ReadonlyMap<string, string> = new Map(
  ["README.md", ...fastGlob.sync("src/**/README.md", { cwd: projectFolder }).sort()].map((name) => {
    const path = join(projectFolder, name);
    return [path, readFileSync(path, "utf8")];
  }),
);

/** The fenced blocks of `language`, each with the file that it stands in. */
export function blocksOf(language: string): readonly { readonly path: string; readonly block: string }[] {
  const fence = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g");
  return [...readmes].flatMap(([path, text]) =>
    [...text.matchAll(fence)].map((found) => ({ path, block: found[1] ?? "" })),
  );
}

/** The first fenced block of `language` that holds `word`. @throws when there is none. */
export function findBlock(language: string, word: string): string {
  const found = blocksOf(language).find(({ block }) => block.includes(word));
  if (found === undefined) throw new Error(`no ${language} block with ${word}`);
  return found.block;
}
