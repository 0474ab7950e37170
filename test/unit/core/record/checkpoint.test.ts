import { expect, it } from "vitest";
import { isUsable, parseCheckpoint } from "../../../../src/core/record/checkpoint.ts";
import { now } from "../../../support/sample-clock.ts";

const kept = { version: 1, monitor: "1.0.0", root: "/srv/demo", now, sources: {} } as const;

it.each([
  ["the same look", {}, true],
  ["a later look", { now: now + 1 }, true],
  ["an earlier look", { now: now - 1 }, false],
  ["another program", { monitor: "1.0.1" }, false],
  ["another project", { root: "/srv/other" }, false],
])("is of use to %s or not", (_, given, isOfUse) => {
  expect(isUsable(kept, { monitor: "1.0.0", root: "/srv/demo", now, ...given })).toBe(isOfUse);
});

it.each([
  [1, true],
  [2, false],
])("reads a checkpoint of version %i or not", (version, isRead) => {
  expect(parseCheckpoint({ ...kept, version }) !== null).toBe(isRead);
});
