import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { MonitoringEvent } from "../../src/core/monitoring-event.ts";
import { parseJson } from "../../src/core/parse-json.ts";
import { HealthReport } from "../../src/core/report.ts";
import { checkpointName, writeCheckpoint } from "../../src/io/checkpoint-file.ts";
import { appendEvents } from "../../src/io/event-log.ts";
import { namesIn } from "../../src/io/worktrees.ts";
import type { LookResult } from "../../src/monitor.ts";
import { internalError } from "../../src/sources/collect.ts";
import type { Target } from "./fuzzed.ts";
import { edits } from "./mutations.ts";
import { leaksIn, look, type Place, written } from "./outputs.ts";
import { makers } from "./planted-places.ts";

/** A laid-out place that was looked at once, with its record and checkpoint. */
type Prepared = {
  readonly name: string;
  readonly place: Place;
  readonly files: readonly string[];
  remove(): void;
};

/** What becomes of a file; null: it is gone. */
type Mutation = { readonly how: string; apply(file: string, bytes: Buffer): Buffer | null };

const everSince = 9_000 * 86_400_000;

const bytewise = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 })
  .map(
    (changes): Mutation => ({
      how: "bytes",
      apply(_, bytes) {
        const changed = Buffer.from(bytes);
        for (const [at, byte] of changes) changed[at % Math.max(1, bytes.length)] = byte;
        return changed;
      },
    }),
  );
const cut = fc.nat().map(
  (at): Mutation => ({
    how: "cut",
    apply: (_, bytes) => bytes.subarray(0, at % (bytes.length + 1)),
  }),
);
const spliced = fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 40 })).map(
  ([at, more]): Mutation => ({
    how: "spliced",
    apply(_, bytes) {
      const place = at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place)]);
    },
  }),
);
const linewise = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom("doubled", "swapped", "dropped")).map(
  ([first, second, how]): Mutation => ({
    how,
    apply(_, bytes) {
      const lines = bytes.toString("latin1").split("\n");
      const [a, b] = [first % lines.length, second % lines.length];
      const [one = "", other = ""] = [lines[a], lines[b]];
      if (how === "doubled") lines.splice(b, 0, one);
      else if (how === "dropped") lines.splice(a, 1);
      else [lines[a], lines[b]] = [other, one];
      return Buffer.from(lines.join("\n"), "latin1");
    },
  }),
);
const structured = fc.tuple(fc.nat(), edits).map(
  ([pick, edit]): Mutation => ({
    how: "structure",
    apply(file, bytes) {
      const text = bytes.toString("utf8");
      const isLines = file.endsWith(".jsonl");
      const records = isLines || file.endsWith(checkpointName) ? text.trimEnd().split("\n") : [text];
      // The first line of a checkpoint vouches for the second.
      const at = file.endsWith(checkpointName) ? 1 : pick % records.length;
      const record = parseJson(records[at] ?? "");
      if (record === undefined) return bytes;
      records[at] = JSON.stringify(edit(record)) ?? "null";
      if (!file.endsWith(checkpointName)) return Buffer.from(records.join("\n") + (isLines ? "\n" : ""));
      const hash = Bun.hash(records[1] ?? "").toString(36);
      return Buffer.from(`{"checkpoint":1,"hash":"${hash}"}\n${records[1]}`);
    },
  }),
);
const replaced = fc
  .constantFrom<readonly [string, Buffer | null]>(
    ["empty", Buffer.alloc(0)],
    ["gone", null],
    ["zeros", Buffer.alloc(300)],
    ["null", Buffer.from("null\n")],
    ["no file's end", Buffer.from("[[[[")],
  )
  .map(([how, by]): Mutation => ({ how, apply: () => by }));
const mutation = fc.oneof(
  { weight: 3, arbitrary: bytewise },
  { weight: 1, arbitrary: cut },
  { weight: 1, arbitrary: spliced },
  { weight: 2, arbitrary: linewise },
  { weight: 8, arbitrary: structured },
  { weight: 1, arbitrary: replaced },
);

/** Whole workspaces with homes, up to three of their files changed: a look throws nothing, shows nothing forbidden and drops nothing. */
export const workspaces: Target = {
  name: "whole workspaces",
  inputsEach: 1,
  share: 0.1,
  async check(runs, seed) {
    const prepared = new Map<number, Prepared>();
    const input = fc.tuple(
      fc.nat(makers.length - 1),
      fc.array(fc.tuple(fc.nat(), mutation), { minLength: 1, maxLength: 3 }),
    );
    const property = fc.asyncProperty(input, async ([at, mutations]) => {
      const known = prepared.get(at) ?? (await prepare(at));
      prepared.set(at, known);
      await tryOut(known, mutations);
    });
    try {
      await fc.assert(property, { numRuns: runs, seed, endOnFailure: true });
    } finally {
      for (const { remove } of prepared.values()) remove();
    }
  },
};

async function prepare(at: number): Promise<Prepared> {
  const made = makers[at]?.make();
  if (made === undefined) throw new Error(`there is no place ${at}`);
  const place = { ...made.place, sinceMs: everSince };
  record(await look(place));
  const base = dirname(place.project);
  const files = readdirSync(base, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return { name: made.name, place, files, remove: made.remove };
}

async function tryOut(
  { name, place, files }: Prepared,
  mutations: readonly (readonly [number, Mutation])[],
): Promise<void> {
  const before = new Map<string, Buffer>();
  const done: string[] = [];
  for (const [pick, { how, apply }] of mutations) {
    const file = files[pick % files.length] ?? place.project;
    const bytes = before.get(file) ?? readFileSync(file);
    before.set(file, bytes);
    done.push(`${relative(dirname(place.project), file)} ${how}`);
    const after = apply(file, bytes);
    if (after === null) rmSync(file, { force: true });
    else writeFileSync(file, after);
  }
  try {
    const first = await look(place);
    const isTampered = [...before.keys()].some((file) => file.endsWith(checkpointName));
    requireSound(first, place, isTampered);
    record(first);
    requireSound(await look(place), place, isTampered);
  } catch (error) {
    const changed = [...before.keys()].map((file) => `--- ${file}\n${preview(file)}`).join("\n");
    throw new Error(`${name}: ${done.join(", ")}\n${changed}`, { cause: error });
  } finally {
    for (const [file, bytes] of before) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
  }
}

function record({ eventLog, events, checkpoint, checkpointFile }: LookResult): void {
  appendEvents(eventLog, events.slice(0, 4));
  writeCheckpoint(checkpointFile, checkpoint);
}

function preview(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(0, 3_000);
  } catch {
    return "(gone)";
  }
}

function requireSound(result: LookResult, place: Place, isTampered: boolean): void {
  const leaks = leaksIn(written(result), "\u0000\u0001");
  if (leaks.length > 0) throw new Error(`forbidden characters in ${leaks.join()}`);
  // A checkpoint that was changed together with its hash may lie, like any file; it may not stop the look.
  if (isTampered) return;
  const { tasks, problems, summary, collected } = HealthReport.parse(
    JSON.parse(JSON.stringify(result.report)),
  );
  for (const event of result.events) MonitoringEvent.parse(JSON.parse(JSON.stringify(event)));
  const failed = collected.sources.find(({ reason }) => reason?.startsWith(internalError));
  if (failed !== undefined) throw new Error(`${failed.id}: ${failed.reason}`);
  if (problems.some(({ message }) => message.startsWith("could not be gone on from")))
    throw new Error(JSON.stringify(problems));
  if (summary.total !== tasks.length) throw new Error("the summary does not count its tasks");
  for (const folder of namesIn(join(place.project, ".worktrees"))) {
    const path = `.worktrees/${folder}/status.json`;
    if (!namesIn(join(place.project, ".worktrees", folder)).includes("status.json")) continue;
    const isShown =
      tasks.some(({ worktree }) => worktree === `.worktrees/${folder}`) ||
      problems.some((problem) => problem.path === path);
    if (!isShown) throw new Error(`${path} is neither a row nor a problem`);
  }
}
