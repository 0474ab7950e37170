import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { MonitoringEvent } from "../../src/core/log/event.ts";
import { HealthReport } from "../../src/core/report/report.ts";
import { checkpointName, writeCheckpoint } from "../../src/io/checkpoint-file.ts";
import { appendEvents } from "../../src/io/event-log.ts";
import { namesIn } from "../../src/io/folders.ts";
import type { RunResult } from "../../src/run.ts";
import { internalError } from "../../src/sources/source.ts";
import { type Mutation, mutation } from "./file-mutations.ts";
import type { Target } from "./fuzzed.ts";
import { leaksIn, look, type Place, written } from "./outputs.ts";
import { makers } from "./planted-places.ts";

/** A laid-out place that was looked at once, with its record and checkpoint. */
type Prepared = {
  readonly name: string;
  readonly place: Place;
  readonly files: readonly string[];
  remove(): void;
};

const everSince = 9_000 * 86_400_000;

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

function record({ eventLog, record: compose, checkpoint, checkpointFile }: RunResult): void {
  appendEvents(eventLog, compose(true).slice(0, 4));
  writeCheckpoint(checkpointFile, checkpoint);
}

function preview(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(0, 3_000);
  } catch {
    return "(gone)";
  }
}

function requireSound(result: RunResult, place: Place, isTampered: boolean): void {
  const leaks = leaksIn(written(result), "\u0000\u0001");
  if (leaks.length > 0) throw new Error(`forbidden characters in ${leaks.join()}`);
  // A checkpoint that was changed together with its hash may lie, like any file; it may not stop the look.
  if (isTampered) return;
  const { tasks, problems, summary, collected } = HealthReport.parse(
    JSON.parse(JSON.stringify(result.report)),
  );
  for (const event of result.record(true)) MonitoringEvent.parse(JSON.parse(JSON.stringify(event)));
  const failed = collected.sources.find(({ reason }) => reason?.startsWith(internalError));
  if (failed !== undefined) throw new Error(`${failed.id}: ${failed.reason}`);
  if (problems.some(({ message }) => message.startsWith("the saved state could not be used")))
    throw new Error(JSON.stringify(problems));
  if (summary.total !== tasks.length) throw new Error("the summary does not count its tasks");
  for (const folder of namesIn(join(place.project, ".worktrees"), new Map())) {
    const path = `.worktrees/${folder}/status.json`;
    if (!namesIn(join(place.project, ".worktrees", folder), new Map()).includes("status.json")) continue;
    const isShown =
      tasks.some(({ worktree }) => worktree === `.worktrees/${folder}`) ||
      problems.some((problem) => problem.path === path);
    if (!isShown) throw new Error(`${path} is neither a row nor a problem`);
  }
}
