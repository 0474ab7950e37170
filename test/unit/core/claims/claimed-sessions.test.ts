import { expect, it } from "vitest";
import { findClaimedSessions } from "../../../../src/core/claims/names.ts";
import { root, sampleReading } from "../../../support/sample-task.ts";

it("finds the worktree whose status file names a session, and none for one that several name", () => {
  const readings = [
    { ...sampleReading("a", { sessionId: "s1" }), branch: "work" },
    sampleReading("b", { sessionId: "s2" }),
    sampleReading("c", { sessionId: "s2" }),
    sampleReading("d"),
    { ...sampleReading("e"), status: null },
  ];

  expect([...findClaimedSessions(readings)]).toEqual([
    ["s1", { path: `${root}/.worktrees/a`, branch: "work" }],
  ]);
});
