import { expect, it } from "vitest";
import { composeReport } from "../../../src/core/report/compose-report.ts";
import { makeChalk } from "../../../src/render/terminal.ts";
import { factOf, renderText } from "../../../src/render/text.ts";
import { minute, now } from "../../support/sample-clock.ts";
import { active, failures } from "../../support/sample-events.ts";
import { sampleContext } from "../../support/sample-report.ts";
import { transcript } from "../../support/sample-stream.ts";
import { assessNow, claim, root } from "../../support/sample-task.ts";

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

it("says the next step once a row, on a terminal only, and shortens no command", () => {
  const assessment = assessNow({ ...claim(), streams: [transcript(failures(3))] });
  const { report } = composeReport([assessment], sampleContext(now));
  const print = (columns: number | null) =>
    renderText(
      report,
      { chalk: makeChalk({}, false, true), isAscii: false, again: "monitor", columns },
      false,
    )
      .split("\n")
      .filter((line) => line.includes("next:"));
  expect(print(30)).toEqual([`    next: git -C ${root}/.worktrees/a log --stat -3`]);
  expect(print(null)).toEqual([]);
});
