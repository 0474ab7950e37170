import { expect, it } from "vitest";
import { composeReport } from "../../../src/core/report/compose-report.ts";
import { factOf } from "../../../src/render/text.ts";
import { minute, now } from "../../support/sample-clock.ts";
import { active } from "../../support/sample-events.ts";
import { sampleContext } from "../../support/sample-report.ts";
import { transcript } from "../../support/sample-stream.ts";
import { assessNow } from "../../support/sample-task.ts";

it.each([
  ["healthy", "recent_activity", "quiet for 11m"],
  ["struggling", "tool_failures", "what was seen, quiet for 11m"],
  ["stuck", "repeated_call", "what was seen, quiet for 11m"],
  ["stuck", "no_activity", "what was seen"],
] as const)("a %s task by %s that is quiet says so once", (health, reason, fact) => {
  const assessment = assessNow({ streams: [transcript(active(11 * minute))] });
  const [row] = composeReport([assessment], sampleContext(now)).rows;
  expect(row && factOf({ ...row.task, health, reason, message: "what was seen" }, now)).toBe(fact);
});
