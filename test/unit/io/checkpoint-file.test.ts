import { expect, it } from "vitest";
import { readCheckpoint, writeCheckpoint } from "../../../src/io/checkpoint-file.ts";
import { makeWorkspace } from "../../support/workspace.ts";

it("refuses what a source wants to keep with a secret in it, and keeps the others", () => {
  const path = makeWorkspace().path("checkpoint.json");
  const token = ["ghp", "q7Yt2LmZx9KcVb4NhRw8SdFgJp3TeUa61oXi"].join("_");
  const sources = { one: { files: { a: ["x", { title: `see ${token}` }] } }, two: { files: { a: 1 } } };
  writeCheckpoint(path, { version: 1, monitor: "1", root: "/srv", now: 1, sources });
  expect(readCheckpoint(path)?.sources).toEqual({ two: { files: { a: 1 } } });
});
