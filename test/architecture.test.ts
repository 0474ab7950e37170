import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import fastGlob from "fast-glob";
import { describe, expect, it } from "vitest";
import { sources } from "../src/sources/index.ts";
import { projectFolder } from "./support/program.ts";

const source = join(projectFolder, "src");
const files = fastGlob.sync("**/*.ts", { cwd: source }).sort();

/** What each part of the program may import of the others and of packages; `node:` is named as such. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: ["core", "zod"],
  io: ["core", "io", "node:", "zod", "fast-glob", "bun:sqlite", "ignore"],
  sources: ["core", "io", "sources", "node:", "zod", "fast-glob", "ignore"],
  render: ["core", "render", "node:path", "chalk"],
  "run.ts": ["core"],
  "gather.ts": ["core", "io", "sources", "run.ts", "node:"],
  "join.ts": ["core", "gather.ts", "run.ts"],
  "describe-run.ts": ["core", "gather.ts", "join.ts", "run.ts", "version.ts", "node:"],
  "monitor.ts": [
    ...["core", "io", "sources", "gather.ts", "join.ts", "describe-run.ts", "run.ts"],
    ...["trouble.ts", "version.ts", "node:"],
  ],
  "command-line.ts": ["core", "version.ts", "commander"],
  "review.ts": ["core", "sources", "version.ts"],
  "trouble.ts": [],
  "invocation.ts": ["core", "node:path"],
  "with-commits.ts": ["core", "io", "node:path"],
  "show.ts": [
    "io",
    "core",
    "render",
    "run.ts",
    "command-line.ts",
    "invocation.ts",
    "with-commits.ts",
    "trouble.ts",
    "node:tty",
  ],
  "deliver.ts": ["io", "render", "run.ts", "command-line.ts", "trouble.ts", "node:"],
  "find-reader.ts": ["core", "command-line.ts", "node:"],
  "find-project.ts": ["io", "trouble.ts", "node:"],
  "cli.ts": [
    ...[
      "core",
      "io",
      "render",
      "monitor.ts",
      "review.ts",
      "show.ts",
      "deliver.ts",
      "find-project.ts",
      "find-reader.ts",
    ],
    ...["trouble.ts", "command-line.ts", "node:", "commander"],
  ],
  "bin.ts": ["node:"],
  "version.ts": ["package.json"],
};

/** The rooms of core in the order of the flow: each may import those before it. */
const rooms: readonly string[] = [
  ...["text", "claims", "evidence", "log", "join", "loops", "verdict", "report", "record", "review"],
];

/** The file names of an agent's folder; a word may stand before one (`sqlite-store.ts`). */
const slots =
  /^([a-z0-9]+-)?(index|paths|records|translate|memory|calls|liveness|session|log|plan|children|notices|stores?)\.ts$/;

describe("imports go one way", () => {
  it.each(files)("%s imports only what its room may", (file) => {
    const rules = allowed[partOf(file)] ?? [];
    const wrong = importsOf(file)
      .map(partNamed)
      .filter(
        (name) => !rules.some((rule) => name === rule || (rule.endsWith(":") && name.startsWith(rule))),
      );
    expect(wrong).toEqual([]);
  });

  it.each(files.filter((file) => file.startsWith("core/")))(
    "%s imports only rooms before its own",
    (file) => {
      const own = rooms.indexOf(file.split("/")[1] ?? "");
      const later = importsOf(file)
        .filter((name) => name.startsWith("core/"))
        .filter((name) => rooms.indexOf(name.split("/")[1] ?? "") > own);
      expect([own >= 0, later]).toEqual([true, []]);
    },
  );

  it("goes in no circle, types included", () => {
    const open = new Map(
      files.map((file) => [file, new Set(importsOf(file).filter((name) => files.includes(name)))]),
    );
    // Takes away whatever imports nothing that is left; a circle stays.
    for (let size = -1; size !== open.size; ) {
      size = open.size;
      for (const [file, needs] of open) if (![...needs].some((name) => open.has(name))) open.delete(file);
    }
    expect([...open.keys()]).toEqual([]);
  });
});

describe("the house", () => {
  const tests = fastGlob.sync("test/**/*.ts", { cwd: projectFolder });
  const all = [...files.map((file) => `src/${file}`), ...tests];

  it.each(all)("%s is no longer than 300 lines", (file) => {
    expect(readFileSync(join(projectFolder, file), "utf8").split("\n").length - 1).toBeLessThanOrEqual(300);
  });

  it("cites no document that it does not hold", () => {
    const held = fastGlob.sync("*.md", { cwd: projectFolder });
    const cited = all.flatMap((file) => commentsOf(file).match(/\b[\w-]+\.md\b/g) ?? []);
    expect(cited.filter((name) => !held.includes(name))).toEqual([]);
  });

  it("has at most 22 files in a folder", () => {
    const folders = Map.groupBy(files, (file) => dirname(file));
    expect([...folders].filter(([, inside]) => inside.length > 22).map(([folder]) => folder)).toEqual([]);
  });

  it("has the same slots in every agent's folder", () => {
    const agents = sources
      .filter(({ homes }) => homes !== undefined)
      .map(({ id }) => id.replaceAll("_", "-"));
    const inside = files.filter((file) => agents.some((agent) => file.startsWith(`sources/${agent}/`)));
    expect(agents.length).toBeGreaterThanOrEqual(4);
    expect(inside.filter((file) => !slots.test(file.split("/").at(-1) ?? ""))).toEqual([]);
  });

  it.each(files.filter((file) => /^(core|io|render)\//.test(file)))(
    "%s asks no source by its name",
    (file) => {
      const names = sources.map(({ id }) => id.replaceAll("_", "[-_ ]?")).join("|");
      const code = readFileSync(join(source, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      expect(
        code.match(new RegExp(`(?:===?|!==?|case) ?"(?:${names})"|"(?:${names})" ?(?:===?|!==?)`, "g")),
      ).toBeNull();
    },
  );
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

/** The lines of comment of a file of the project. */
function commentsOf(file: string): string {
  const text = readFileSync(join(projectFolder, file), "utf8");
  return (text.match(/^\s*(?:\/\*\*|\*|\/\/).*|\s\/\/ .*/gm) ?? []).join("\n");
}

function partOf(file: string): string {
  return file.split("/")[0] ?? file;
}

/** A file by its part, anything else as it is. */
function partNamed(name: string): string {
  return name.endsWith(".ts") ? partOf(name) : name;
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
    return inside.startsWith("..") ? relative(projectFolder, resolve(source, dirname(file), name)) : inside;
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

describe("text from outside", () => {
  it.each(files.filter((file) => /^(io|sources)\//.test(file) && file !== "io/checkpoint-file.ts"))(
    "is made safe by core, not by %s",
    (file) => {
      const text = readFileSync(join(source, file), "utf8");
      expect(text).not.toContain("core/text/safe-text.ts");
      expect(text).not.toContain("core/join/plain.ts");
    },
  );
});
