// Plants one fault at a time in a copy of `src/core` and runs the tests of the core against it: which faults does nobody
// notice? `bun test/mutate.ts [folder=src/core/rules] [at most=all] [seed=1]`
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFolder } from "./program.ts";

const [folder = "src/core/rules", most = "100000", seed = "1"] = process.argv.slice(2);
const faults: readonly (readonly [RegExp, string])[] = [
  [/ >= /g, " > "],
  [/ > (?=[\w(])/g, " >= "],
  [/ <= /g, " < "],
  [/ < (?=[\w(])/g, " <= "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ \+ (?=\w)/g, " - "],
  [/(?<=[ (])!(?=[a-z(])/g, ""],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  // A threshold or limit one off.
  [/(?<=[=:(<>] ?)\d+\b(?![.:"'\]])/g, "+1"],
];

type Mutant = { readonly file: string; readonly line: number; readonly text: string; readonly what: string };

const copy = mkdtempSync(join(tmpdir(), "mutate-"));
for (const name of ["src", "test", "fixtures", "package.json", "tsconfig.json"])
  cpSync(join(projectFolder, name), join(copy, name), { recursive: true });
symlinkSync(join(projectFolder, "node_modules"), join(copy, "node_modules"));
const mutants = shuffled(listSources().flatMap(mutantsOf)).slice(0, Number(most));
// Red tests notice everything: a score from them would be a lie.
if (isNoticed()) {
  rmSync(copy, { recursive: true });
  throw new Error("the tests of the core are red without any fault; mend them first");
}
console.log(`${mutants.length} faults in ${folder}`);
const survivors: Mutant[] = [];
for (const [index, mutant] of mutants.entries()) {
  const before = readFileSync(join(copy, mutant.file), "utf8");
  writeFileSync(join(copy, mutant.file), mutant.text);
  if (!isNoticed()) {
    survivors.push(mutant);
    console.log(`survived: ${mutant.file}:${mutant.line} ${mutant.what}`);
  }
  writeFileSync(join(copy, mutant.file), before);
  if (index % 10 === 9) console.log(`${index + 1 - survivors.length} of ${index + 1} noticed`);
}
const noticed = mutants.length - survivors.length;
console.log(
  `${noticed} of ${mutants.length} noticed: ${Math.round((100 * noticed) / Math.max(1, mutants.length))} %`,
);
rmSync(copy, { recursive: true });

function listSources(): string[] {
  return readdirSync(join(copy, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(folder, name));
}

function mutantsOf(file: string): Mutant[] {
  const text = readFileSync(join(copy, file), "utf8");
  return faults.flatMap(([pattern, by]) =>
    [...text.matchAll(pattern)].flatMap(({ index, 0: found }) => {
      const start = text.lastIndexOf("\n", index) + 1;
      const line = text.slice(start, text.indexOf("\n", index));
      if (/^\s*(?:\/\/|\/?\*|import )/.test(line)) return [];
      const put = by === "+1" ? String(Number(found) + 1) : by;
      return [
        {
          file,
          line: text.slice(0, index).split("\n").length,
          text: text.slice(0, index) + put + text.slice(index + found.length),
          what: `${line.trim().slice(0, 90)}: "${found.trim()}" → "${put.trim()}"`,
        },
      ];
    }),
  );
}

function isNoticed(): boolean {
  const { exitCode } = Bun.spawnSync(
    [
      "node_modules/.bin/bun",
      "--bun",
      "node_modules/.bin/vitest",
      "run",
      "--config",
      "test/vitest.config.ts",
      "--bail=1",
      "test/core",
    ],
    { cwd: copy, env: { ...process.env, TZ: "UTC" }, timeout: 120_000, stdout: "ignore", stderr: "ignore" },
  );
  return exitCode !== 0;
}

function shuffled(list: readonly Mutant[]): Mutant[] {
  return list
    .map((mutant, index) => ({ mutant, order: Bun.hash(`${seed} ${index}`) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ mutant }) => mutant);
}
