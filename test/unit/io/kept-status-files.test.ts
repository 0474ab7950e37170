import { lstatSync, renameSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { StatusReading } from "../../../src/core/claims/task-status.ts";
import { parseTaskStatus } from "../../../src/core/claims/task-status.ts";
import { KeptStatusFiles } from "../../../src/io/kept-status-files.ts";
import { makeWorkspace } from "../../support/workspace.ts";

const now = Date.parse("2026-11-22T14:32:00Z");
const running = { status: "running", taskId: "bg_1", updatedAt: "2026-11-22T14:00:00Z" };
const path = ".worktrees/a/status.json";

function readingOf(value: unknown, at: string = path): StatusReading {
  return {
    path: at,
    worktree: "/srv/demo/.worktrees/a",
    branch: null,
    writtenAt: null,
    ...parseTaskStatus(value, at, { now, writtenAt: null }),
  };
}

/** What the next look gets of a file that was read `passedMs` after it was written. */
function keptAfter(passedMs: number, reading: StatusReading = readingOf(running)) {
  const workspace = makeWorkspace();
  const file = workspace.write(path, JSON.stringify(running));
  const stats = lstatSync(file);
  const first = new KeptStatusFiles(null, stats.ctimeMs + passedMs);
  first.keep(reading.path, reading, stats);
  const kept: unknown = JSON.parse(JSON.stringify(first.next([])));
  return { file, recall: () => new KeptStatusFiles(kept, 0).recall(reading.path, lstatSync(file)) };
}

it("knows a file again that is as it was", () => {
  expect(keptAfter(10_000).recall()).toEqual(readingOf(running).status);
});

it("does not trust a file that was written while it looked", () => {
  expect(keptAfter(1_000).recall()).toBeNull();
});

it("does not know a file that was written in place", () => {
  const { file, recall } = keptAfter(10_000);
  writeFileSync(file, JSON.stringify({ ...running, status: "failed!" }));
  expect(recall()).toBeNull();
});

it("does not know a file of the same size that was renamed into its place", () => {
  const { file, recall } = keptAfter(10_000);
  writeFileSync(`${file}.new`, JSON.stringify(running));
  renameSync(`${file}.new`, file);
  expect(recall()).toBeNull();
});

it.each([
  ["that has a problem", readingOf({ ...running, steps: "most" })],
  ["that is none", readingOf([])],
])("keeps nothing of a file %s", (_, reading) => {
  expect(keptAfter(10_000, reading).recall()).toBeNull();
});

it.each([
  null,
  7,
  "x",
  [1],
  { files: { [path]: 7 }, ended: { [path]: 7 } },
  { files: { [path]: { state: 1, status: {} } } },
])("reads anew over %j", (kept) => {
  const { file } = keptAfter(10_000);
  expect(new KeptStatusFiles(kept, 0).recall(path, lstatSync(file))).toBeNull();
});
