// Plants one fault at a time in a copy of `src/core` and runs the tests of the core against it: which faults does nobody
// notice? `bun test/faults/mutate.ts [paths=src/core] [at most=all] [seed=1]`; one process at a time.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, normalize } from "node:path";
import { projectFolder } from "../support/program.ts";

const [paths = "src/core", most = "100000", seed = "1"] = process.argv.slice(2);
const oneMore = (digits: string) => String(Number(digits.replaceAll("_", "")) + 1);
const faults: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/ >= /g, " > "],
  [/ > (?=[\w(])/g, " >= "],
  [/ <= /g, " < "],
  [/ < (?=[\w(])/g, " <= "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ \?\? /g, " && "],
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ \+ (?=\w)/g, " - "],
  [/ - (?=\w)/g, " + "],
  [/ \* (?=\w)/g, " / "],
  [/ \/ (?=\w)/g, " * "],
  [/(?<=[ (])!(?=[a-z(])/g, ""],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  [/\bMath\.max\b/g, "Math.min"],
  [/\bMath\.min\b/g, "Math.max"],
  [/\.some\(/g, ".every("],
  [/\.every\(/g, ".some("],
  [/\b(?:continue|break);/g, ";"],
  // A threshold, limit or place one off; the ranges and quantifiers inside of patterns are none.
  [/(?<=(?:[=:(<>[*?+] ?|, |[( ]- ?))\d[\d_]*(?![\w.:"'-])/g, oneMore],
];

type Fault = { readonly file: string; readonly line: number; readonly text: string; readonly what: string };
type TestFile = { readonly file: string; readonly reaches: ReadonlySet<string>; readonly tookMs: number };

/** Slower test files are asked last. */
const slowMs = 400;
/** A fault may make a loop endless; whoever waits for it has noticed. */
const timeoutMs = 60_000;
const noticedBefore = new Set<string>();
const transpiler = new Bun.Transpiler({ loader: "ts" });
const copy = mkdtempSync(join(tmpdir(), "mutate-"));
for (const name of ["src", "test", "fixtures", "package.json", "tsconfig.json"])
  cpSync(join(projectFolder, name), join(copy, name), { recursive: true });
symlinkSync(join(projectFolder, "node_modules"), join(copy, "node_modules"));
try {
  plantAll();
} finally {
  rmSync(copy, { recursive: true });
}

function plantAll(): void {
  const tests = listFiles("test/unit/core", ".test.ts").map(measure);
  const planted = shuffled(
    listFiles("src/core", ".ts")
      .filter((file) => paths.split(",").some((path) => file.startsWith(path)))
      .flatMap(faultsOf),
  );
  const tried = planted.slice(0, Number(most));
  console.log(`${tried.length} of ${planted.length} faults in ${paths}, seed ${seed}`);
  const survivors: Fault[] = [];
  for (const [index, fault] of tried.entries()) {
    if (!isNoticed(fault, tests)) {
      survivors.push(fault);
      console.log(`survived: ${fault.file}:${fault.line} ${fault.what}`);
    }
    if (index % 50 === 49) console.log(`${index + 1 - survivors.length} of ${index + 1} noticed`);
  }
  for (const folder of new Set(tried.map(({ file }) => dirname(file)).sort())) {
    const isHere = ({ file }: Fault) => dirname(file) === folder;
    console.log(`${folder}: ${score(tried.filter(isHere).length, survivors.filter(isHere).length)}`);
  }
  console.log(`all: ${score(tried.length, survivors.length)}`);
}

function score(count: number, survived: number): string {
  const percent = ((100 * (count - survived)) / Math.max(1, count)).toFixed(1);
  return `${count - survived} of ${count} faults noticed: ${percent} %`;
}

function listFiles(folder: string, ending: string): string[] {
  return readdirSync(join(copy, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

// Red tests notice everything: a score from them would be a lie.
function measure(file: string): TestFile {
  const startedAt = performance.now();
  if (findRed([file]) !== null) throw new Error(`${file} is red without any fault; mend it first`);
  return { file, reaches: reachedFrom(file, new Set()), tookMs: performance.now() - startedAt };
}

/** Every file that runs when `file` does. */
function reachedFrom(file: string, seen: Set<string>): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { path } of transpiler.scanImports(readFileSync(join(copy, file), "utf8"))) {
    if (path.startsWith(".")) reachedFrom(normalize(join(dirname(file), path)), seen);
  }
  return seen;
}

function faultsOf(file: string): Fault[] {
  const text = readFileSync(join(copy, file), "utf8");
  const program = transpiler.transformSync(text);
  return faults.flatMap(([pattern, by]) =>
    [...text.matchAll(pattern)].flatMap(({ index, 0: found }) => {
      const put = typeof by === "string" ? by : by(found);
      const changed = text.slice(0, index) + put + text.slice(index + found.length);
      // Comments and types are no part of the program, and what cannot be read as a program reaches no test.
      if ([program, null].includes(transpiled(changed))) return [];
      const line = text.slice(text.lastIndexOf("\n", index) + 1, text.indexOf("\n", index));
      const what = `${line.trim().slice(0, 100)}: "${found.trim()}" → "${put.trim()}"`;
      return [{ file, line: text.slice(0, index).split("\n").length, text: changed, what }];
    }),
  );
}

function transpiled(text: string): string | null {
  try {
    return transpiler.transformSync(text);
  } catch {
    return null;
  }
}

/** Asks the test files that noticed a fault of this file before or have its name, then the others, the slow ones last. */
function isNoticed({ file, text }: Fault, tests: readonly TestFile[]): boolean {
  const before = readFileSync(join(copy, file), "utf8");
  const able = tests.filter(({ reaches }) => reaches.has(file));
  const rank = (test: TestFile) =>
    noticedBefore.has(`${test.file} ${file}`) || basename(test.file).startsWith(`${basename(file, ".ts")}.`)
      ? 0
      : test.tookMs < slowMs
        ? 1
        : 2;
  const stages = [0, 1, 2].map((asked) =>
    able.filter((test) => rank(test) === asked).map((test) => test.file),
  );
  writeFileSync(join(copy, file), text);
  let red: string | null = null;
  for (const files of stages) {
    if (files.length > 0) red ??= findRed(files);
  }
  writeFileSync(join(copy, file), before);
  noticedBefore.add(`${red} ${file}`);
  return red !== null;
}

/** The first of the test files that is red, or that never ends; null when all are green. */
function findRed(files: readonly string[]): string | null {
  // Bun's own runner starts in a tenth of a second, and takes what vitest gives for its own.
  const words = [
    "test",
    "--bail",
    "--timeout=30000",
    "--preload=./test/support/setup.ts",
    ...files.map((file) => `./${file}`),
  ];
  const { exitCode, stderr } = Bun.spawnSync(["node_modules/.bin/bun", ...words], {
    cwd: copy,
    env: { ...process.env, TZ: "UTC", NO_COLOR: "1" },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    stdout: "ignore",
    stderr: "pipe",
  });
  const begun = [...stderr.toString().matchAll(/^(\S+\.test\.ts):$/gm)].map(([, file]) => file);
  return exitCode === 0 ? null : (begun.at(-1) ?? "none");
}

function shuffled(list: readonly Fault[]): Fault[] {
  return list
    .map((fault, index) => ({ fault, order: Bun.hash(`${seed} ${index}`) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ fault }) => fault);
}
