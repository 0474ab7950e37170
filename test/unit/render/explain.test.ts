import { describe, expect, it } from "vitest";
import { composeReport } from "../../../src/core/report/compose-report.ts";
import { findRows, renderExplanation } from "../../../src/render/explain.ts";
import { makeChalk } from "../../../src/render/terminal.ts";
import { now } from "../../support/sample-clock.ts";
import { failures } from "../../support/sample-events.ts";
import { sampleContext } from "../../support/sample-report.ts";
import { rowOf } from "../../support/sample-row.ts";
import { transcript } from "../../support/sample-stream.ts";
import { assessNow, claim, root, sampleReading } from "../../support/sample-task.ts";

describe("findRows", () => {
  const [first, second] = ["a", "b"].map((name) =>
    rowOf({
      id: `bg_${name}1`,
      status: sampleReading(name, { title: `Part ${name}`, branch: `feature/${name}` }),
    }),
  );
  const rows = [first, second].filter((row) => row !== undefined);

  it.each([
    "bg_a1",
    "BG_A",
    "Part a",
    ".worktrees/a",
    ".worktrees/a/",
    `${root}/.worktrees/a`,
    "a",
    "feature/a",
  ])("finds a task by %j", (wanted) => {
    expect(findRows(rows, wanted, root)).toEqual([first]);
  });

  it.each([
    ["bg_", [first, second]],
    ["bg_c", []],
  ])("%j is not one task", (wanted, found) => {
    expect(findRows(rows, wanted, root)).toEqual(found);
  });
});

it("breaks no command that is offered to be pasted", () => {
  const assessment = assessNow({ ...claim(), streams: [transcript(failures(3))] });
  const { report, rows } = composeReport([assessment], sampleContext(now));
  const style = { chalk: makeChalk({}, false, true), isAscii: false, again: "monitor", columns: 30 };
  const page = rows.map((row) => renderExplanation(row, report, style)).join("");
  expect(page).toContain(`\n    git -C ${root}/.worktrees/a log --stat -3\n`);
});
