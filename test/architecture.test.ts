import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import fastGlob from "fast-glob";
import { describe, expect, it } from "vitest";
import { projectFolder } from "./support/program.ts";

const source = join(projectFolder, "src");
const files = fastGlob.sync("**/*.ts", { cwd: source }).sort();

/** What each room may import of the others and of packages; `node:` is named as such. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: ["core", "zod"],
  io: ["core", "io", "node:", "zod", "fast-glob", "bun:sqlite", "ignore"],
  sources: ["core", "io", "sources", "node:", "zod", "fast-glob", "ignore"],
  render: ["core", "render", "node:path", "chalk"],
  "monitor.ts": ["core", "io", "sources", "trouble.ts", "version.ts", "node:"],
  "command-line.ts": ["core", "version.ts", "commander"],
  "review.ts": ["core", "sources", "version.ts"],
  "trouble.ts": [],
  "show.ts": ["node:tty", "render", "monitor.ts", "command-line.ts", "trouble.ts"],
  "deliver.ts": ["io", "render", "monitor.ts", "command-line.ts", "trouble.ts", "node:"],
  "find-project.ts": ["io", "trouble.ts", "node:"],
  "cli.ts": [
    "core",
    "io",
    "render",
    "monitor.ts",
    "review.ts",
    "show.ts",
    "deliver.ts",
    "find-project.ts",
    "trouble.ts",
    "command-line.ts",
    "node:",
    "commander",
  ],
  "version.ts": ["package.json"],
};

describe("imports go one way", () => {
  it.each(files)("%s imports only what its room may", (file) => {
    const rules = allowed[roomOf(file)] ?? [];
    const wrong = importsOf(file).filter(
      (name) => !rules.some((rule) => name === rule || (rule.endsWith(":") && name.startsWith(rule))),
    );
    expect(wrong).toEqual([]);
  });
});

describe("core is pure", () => {
  it.each(files.filter((file) => file.startsWith("core/")))(
    "%s knows no clock, file, process or console",
    (file) => {
      const text = readFileSync(join(source, file), "utf8");
      expect(text).not.toMatch(
        /Date\.now|new Date\(\)|Math\.random|performance\.|process\.|console\.|Bun\.(?!hash|CryptoHasher)|setTimeout|fetch\(/,
      );
    },
  );
});

it("only one file opens SQLite", () => {
  const users = files.filter((file) => importsOf(file).includes("bun:sqlite"));
  expect(users.filter((file) => file !== "io/sqlite.ts")).toEqual([]);
});

function roomOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), "utf8");
  return [
    ...text.matchAll(
      /^(?:import|export)\b[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
    ),
  ].map((found) => {
    const name = found[1] ?? found[2] ?? found[3] ?? "";
    if (!name.startsWith(".")) return name;
    const inside = relative(source, resolve(source, dirname(file), name));
    return inside.startsWith("..")
      ? relative(projectFolder, resolve(source, dirname(file), name))
      : roomOf(inside);
  });
}

it("the lockfile records no download addresses", () => {
  expect(readFileSync(join(projectFolder, "bun.lock"), "utf8")).not.toContain("://");
});

it("a plain look loads nothing that only some options need", () => {
  const loaded = loadedBy("monitor.ts", loadedBy("cli.ts", new Set()));
  expect(loaded.size).toBeGreaterThan(40);
  const lazy = ["review", "github", "prometheus", "explain", "changes", "changed", "archive"];
  expect([...loaded].filter((file) => lazy.some((word) => file.endsWith(`${word}.ts`))).sort()).toEqual([
    "core/record/changed.ts",
  ]);
});

/** The files that importing `file` loads; types and `import()` load nothing. */
function loadedBy(file: string, loaded: Set<string>): Set<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  const text = readFileSync(join(source, file), "utf8");
  for (const [, name = ""] of text.matchAll(/^import\s+(?!type\b)[^;]*?from\s+"(\.[^"]+\.ts)"/gm))
    loadedBy(relative(source, resolve(source, dirname(file), name)), loaded);
  return loaded;
}
