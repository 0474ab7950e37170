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

it("stays inside the columns of a terminal in ASCII, too", () => {
  const title = "a → b – c × d … e, and more of this rather long title that needs to be cut";
  const assessment = assessNow({ ...claim({ title }), streams: [transcript(failures(3))] });
  const { report } = composeReport([assessment], sampleContext(now));
  const style = { chalk: makeChalk({}, false, true), isAscii: true, again: "monitor", columns: 80 };
  const lines = renderText(report, style, false)
    .split("\n")
    .filter((line) => !line.includes("next:"));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines[0]).toContain("...");
});

it("says that the given pattern matches no file, where other rows stand", () => {
  const assessment = assessNow({ streams: [transcript(active(minute))] });
  const { report } = composeReport([assessment], sampleContext(now));
  const print = (pattern: string) => {
    const { collected } = report;
    const seen = {
      ...report,
      collected: { ...collected, status_files: { ...collected.status_files, pattern, found: 0 } },
    };
    return renderText(
      seen,
      { chalk: makeChalk({}, false, true), isAscii: false, again: "monitor", columns: null },
      false,
    );
  };
  expect(print("wrktrees/*/status.json")).toContain("Note: no file matches wrktrees/*/status.json\n");
  expect(print(".worktrees/*/status.json")).not.toContain("no file matches");
});
