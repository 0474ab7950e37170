import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { agentLogs } from "../../../src/sources/agent-logs/index.ts";
import { codex } from "../../../src/sources/codex/index.ts";
import { geminiCli } from "../../../src/sources/gemini-cli/index.ts";
import { type LaidOutHome, layOutNothing, writtenAt } from "../../support/laid-out-home.ts";

const laidOut: LaidOutHome[] = [];

afterEach(() => {
  for (const { base } of laidOut.splice(0)) rmSync(base, { recursive: true, force: true });
});

it.each([
  ["codex exec --json", codex, [{ type: "thread.started", thread_id: "t1" }]],
  [
    "gemini --output-format stream-json",
    geminiCli,
    [{ type: "init", timestamp: writtenAt, session_id: "s1", model: "m" }],
  ],
])("tells a bad line in a log of %s once, whoever reads the log", async (_, source, records) => {
  const home = layOutNothing();
  laidOut.push(home);
  const folder = join(home.project, ".agents", "logs");
  mkdirSync(folder, { recursive: true });
  const lines = ["Reading prompt from stdin...", ...records.map((record) => JSON.stringify(record))];
  writeFileSync(join(folder, "bg_log1.jsonl"), `${lines.join("\n")}\n`);
  const context = home.context({ since: 0 });
  const readings = await Promise.all([agentLogs, source].map((each) => each.collect(context)));
  expect(readings[1]?.streams).toMatchObject([{ identity: { taskId: "bg_log1" } }]);
  expect(readings.flatMap(({ problems }) => problems)).toMatchObject([{ code: "bad_line", line: 1 }]);
  expect(readings.reduce((sum, { skippedLines }) => sum + skippedLines, 0)).toBe(1);
});
