import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openBudget } from "../../src/sources/budget.ts";
import { sources } from "../../src/sources/index.ts";
import { look } from "../faults/outputs.ts";
import { makeWorkspace } from "../workspace.ts";
import { type LaidOutHome, layOut } from "./laid-out-home.ts";

const now = Date.parse("2026-11-22T14:32:00Z");
const laidOut: LaidOutHome[] = [];
afterEach(() => {
  for (const { base } of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
});

function lay(agent: string): LaidOutHome {
  const home = layOut(agent, "contract");
  laidOut.push(home);
  return home;
}

const readers = sources.filter(({ id }) => id !== "worktree_files").map(({ id }) => id);

it.each(readers)("names what %s had to leave out when its time was spent", async (id) => {
  const home = lay(id.replaceAll("_", "-"));
  const budget = openBudget({ timeMs: -1, bytes: 0 });
  const source = sources.find((each) => each.id === id);
  const reading = await source?.collect(home.context({ budget }));
  expect(reading?.streams).toEqual([]);
  expect(budget.problems(home.project)).toEqual([
    expect.objectContaining({ code: "over_budget", message: expect.stringMatching(/not read/) }),
  ]);
});

it("allows everything within its limits, and nothing beyond them", () => {
  const [wide, spent] = [openBudget(), openBudget({ timeMs: 60_000, bytes: -1 })];
  expect([wide.allows("/a"), wide.problems("/")]).toEqual([true, []]);
  expect(["/srv/a", "/srv/b", "/srv/c"].map((path) => spent.allows(path))).toEqual([false, false, false]);
  expect(spent.problems("/srv")).toMatchObject([
    { path: "a", message: expect.stringMatching(/^and 2 more not read/) },
  ]);
});

/** A file of `sizeBytes` that is nothing but holes, a newline every 32 MiB, and `text` at its end. */
function writeSparse(path: string, sizeBytes: number, text: string): void {
  const fd = openSync(path, "w");
  ftruncateSync(fd, sizeBytes);
  for (let at = 0; at < sizeBytes; at += 32 * 1024 ** 2) writeSync(fd, "\n", at);
  writeSync(fd, `\n${text}`, sizeBytes);
  closeSync(fd);
}

it("reads the end of a log that is larger than its limit, and says so", async () => {
  const workspace = makeWorkspace();
  mkdirSync(workspace.path(".agents/logs"), { recursive: true });
  const calls = [3, 2, 1].map((ago) =>
    JSON.stringify({ task_id: "bg_1", tool: "edit", ok: false, timestamp: now - ago * 10_000 }),
  );
  writeSparse(join(workspace.root, ".agents/logs/calls.jsonl"), 1.25 * 1024 ** 3, `${calls.join("\n")}\n`);
  const { report } = await look({
    project: workspace.root,
    home: workspace.path("home"),
    procfs: workspace.path("procfs"),
    now,
  });
  expect(report.tasks.map(({ id, reason }) => [id, reason])).toEqual([["bg_1", "tool_failures"]]);
  expect(report.problems.map(({ code }) => code)).toContain("over_budget");
});
