import { describe, expect, it } from "vitest";
import { settleDuplicateIds } from "../../../../src/core/claims/duplicate-ids.ts";
import { hour, now } from "../../../support/sample-clock.ts";
import { sampleReading } from "../../../support/sample-task.ts";

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

  it("leaves the id to the file created last; the other says so", () => {
    const settled = settleDuplicateIds([
      sampleReading("a", { taskId: "bg_1", createdAt: now - 2 * hour }),
      sampleReading("b", { taskId: "bg_1", createdAt: now - hour }),
    ]);
    expect(settled.map(({ status }) => status?.taskId)).toEqual([null, "bg_1"]);
    expect(settled.map(({ problems }) => problems.map(({ message }) => message))).toEqual([
      ["taskId bg_1 is that of .worktrees/b/status.json too; expected an id of its own"],
      [],
    ]);
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
