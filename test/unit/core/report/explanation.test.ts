import { expect, it } from "vitest";
import { noHistory } from "../../../../src/core/log/history.ts";
import { explainTask } from "../../../../src/core/report/explanation.ts";
import { toRow } from "../../../../src/core/report/task-row.ts";
import { formatTime } from "../../../../src/core/text/time.ts";
import { assess } from "../../../../src/core/verdict/health.ts";
import { minute, now } from "../../../support/sample-clock.ts";
import { call } from "../../../support/sample-events.ts";
import { sampleStream } from "../../../support/sample-stream.ts";
import { options, sampleTask } from "../../../support/sample-task.ts";

it("shows the failed calls that the owner's rule counted, and no earlier ones", () => {
  const events = [
    ...call(6 * minute, "failed"),
    ...call(5 * minute, "ok"),
    ...call(4 * minute, "failed", { tool: "bash" }),
    ...call(3 * minute, "failed", { tool: "edit" }),
    ...call(2 * minute, "failed", { tool: "edit" }),
  ];
  const assessment = assess(sampleTask({ streams: [sampleStream("t", { events })] }), now, options);
  const row = toRow(assessment, {
    now,
    history: noHistory,
    experience: new Map(),
    relativePath: (path) => path,
    pastedPath: (path) => path,
  });
  const rule = explainTask(row).rules.find(({ rule }) => rule.startsWith("tool_failures"));
  expect(rule?.count).toBe(3);
  expect(rule?.calls.map(({ at, tool }) => [at, tool])).toEqual([
    [formatTime(now - 4 * minute), "bash"],
    [formatTime(now - 3 * minute), "edit"],
    [formatTime(now - 2 * minute), "edit"],
  ]);
});
