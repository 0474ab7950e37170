import { describe, expect, it } from "vitest";
import { keepIdentities, settleDuplicateIds } from "../../../../src/core/claims/duplicate-ids.ts";
import { hour, now } from "../../../support/sample-clock.ts";
import { root, sampleReading } from "../../../support/sample-task.ts";

describe("settleDuplicateIds", () => {
  it("leaves files with ids of their own, or none, as they are", () => {
    const readings = [
      sampleReading("a", { taskId: "bg_1" }),
      sampleReading("b", { taskId: "bg_2" }),
      sampleReading("c"),
      { ...sampleReading("d"), status: null },
    ];
    expect(settleDuplicateIds(readings)).toEqual(readings);
  });

  const twice = [
    sampleReading("a", { taskId: "bg_1", createdAt: now - hour }),
    sampleReading("b", { taskId: "bg_1", createdAt: now - 2 * hour }),
  ];

  it("leaves the id to the file created first; the other says so", () => {
    const settled = settleDuplicateIds(twice);
    expect(settled.map(({ status }) => status?.taskId)).toEqual([null, "bg_1"]);
    expect(settled.map(({ problems }) => problems.map(({ message }) => message))).toEqual([
      ["taskId bg_1 is that of .worktrees/b/status.json too; expected an id of its own"],
      [],
    ]);
  });

  it("leaves it to the file for which a run recorded it", () => {
    const settled = settleDuplicateIds(twice, () => `${root}/.worktrees/a`);
    expect(settled.map(({ status }) => status?.taskId)).toEqual(["bg_1", null]);
  });

  it("goes by the files where the recorded one is gone", () => {
    const settled = settleDuplicateIds(twice, () => `${root}/.worktrees/gone`);
    expect(settled.map(({ status }) => status?.taskId)).toEqual([null, "bg_1"]);
  });

  it("leaves it to the first of copies", () => {
    const settled = settleDuplicateIds([
      sampleReading("a", { taskId: "bg_1" }),
      sampleReading("b", { taskId: "bg_1" }),
      sampleReading("c", { taskId: "bg_1" }),
    ]);
    expect(settled.map(({ status }) => status?.taskId)).toEqual(["bg_1", null, null]);
  });
});

describe("keepIdentities", () => {
  const problem = { code: "empty", path: "x", line: null, column: null, message: "is empty" } as const;
  const emptied = { ...sampleReading("a"), status: null, problems: [problem] };
  const was = { taskId: "bg_1", title: "Search index", sessionId: "s" };

  it("knows whose a file was that is empty for a moment", () => {
    expect(keepIdentities([emptied], () => was)).toMatchObject([{ status: null, lastKnown: was }]);
  });

  it("gives nobody an id that another file claims now", () => {
    const [kept] = keepIdentities([emptied, sampleReading("b", { taskId: "bg_1" })], () => was);
    expect(kept?.lastKnown).toEqual({ ...was, taskId: null });
  });

  it.each([
    ["can be read", sampleReading("a")],
    ["may not be read", { ...emptied, problems: [{ ...problem, code: "unreadable" as const }] }],
  ])("knows nothing more of a file that %s", (_, reading) => {
    expect(keepIdentities([reading], () => was)).toEqual([reading]);
  });
});
