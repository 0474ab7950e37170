import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { agentLogs } from "../../../src/sources/agent-logs/index.ts";
import { openBudget } from "../../../src/sources/budget.ts";
import { sources } from "../../../src/sources/index.ts";
import { type LaidOutHome, layOut } from "../../support/laid-out-home.ts";

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

it.each(readers)("names what %s had to leave out when its budget was spent", async (id) => {
  const home = lay(id.replaceAll("_", "-"));
  const budget = openBudget({ files: 0 });
  const source = sources.find((each) => each.id === id);
  const reading = await source?.collect(home.context({ budget }));
  expect(reading?.streams).toEqual([]);
  expect(budget.problems(home.project)).toEqual([
    expect.objectContaining({ code: "over_budget", message: expect.stringMatching(/not read/) }),
  ]);
});

it("allows everything within its limits, and nothing beyond them", () => {
  const [wide, spent] = [openBudget(), openBudget({ bytes: -1 })];
  expect([wide.allows("/a"), wide.problems("/")]).toEqual([true, []]);
  expect(["/srv/a", "/srv/b", "/srv/c"].map((path) => spent.allows(path))).toEqual([false, false, false]);
  expect(spent.problems("/srv")).toMatchObject([
    { path: "a", message: expect.stringMatching(/^and 2 more not read/) },
  ]);
});

it("reads the end of a log that is larger than its limit, and says so", async () => {
  const home = lay("agent-logs");
  const calls = Array.from({ length: 40 }, (_, ago) =>
    JSON.stringify({ task_id: "bg_long", tool: "edit", ok: false, timestamp: now - (50 - ago) * 10_000 }),
  );
  writeFileSync(join(home.project, ".agents/logs/long.jsonl"), `${calls.join("\n")}\n`);
  const budget = openBudget({ logBytes: 1_024 });
  const reading = await agentLogs.collect(home.context({ budget, now, since: now - 3_600_000 }));
  const long = reading.streams.find(({ identity }) => identity.taskId === "bg_long");
  expect(long?.activity.failures.count).toBeGreaterThan(3);
  expect(long?.activity.failures.count).toBeLessThan(20);
  expect(long?.activity.lastLine).toBeNull();
  expect(reading.problems).toContainEqual(
    expect.objectContaining({ code: "over_budget", path: ".agents/logs/long.jsonl" }),
  );
});
