import { expect, it } from "vitest";
import { claimedNames, namesOf } from "../../../../src/core/claims/names.ts";
import { sampleReading } from "../../../support/sample-task.ts";

const nameless = { taskId: null, requestId: null, sessionId: null, worktree: null };

it("names all that status files name, also where one cannot be read", () => {
  const readings = [
    sampleReading("a", { taskId: "bg_1", requestId: "r1", sessionId: "s1" }),
    { ...sampleReading("b"), status: null },
  ];

  expect([...claimedNames(readings)]).toEqual([
    "task bg_1",
    "request r1",
    "session s1",
    "worktree a",
    "worktree b",
  ]);
});

it.each([
  ["a path", "/srv/demo/a", "worktree a"],
  ["a path with a stroke behind it", "/srv/demo/a//", "worktree a"],
  ["a folder's name", "a", "worktree a"],
])("knows a worktree by its folder: %s", (_, worktree, name) => {
  expect(namesOf({ ...nameless, worktree })).toEqual([name]);
});

it("knows no name of what has none", () => {
  expect(namesOf(nameless)).toEqual([]);
});
