import { expect, it } from "vitest";
import { readCheckpoint, writeCheckpoint } from "../../../src/io/checkpoint-file.ts";
import { makeWorkspace } from "../../support/workspace.ts";

it("refuses the state of a file with a secret in it, and keeps the others", () => {
  const path = makeWorkspace().path("checkpoint.json");
  const token = ["ghp", "q7Yt2LmZx9KcVb4NhRw8SdFgJp3TeUa61oXi"].join("_");
  const sources = {
    one: { version: 1, files: { a: ["x", { title: `see ${token}` }], [`b/${token}`]: 1, c: 2 } },
    [token]: {},
  };
  writeCheckpoint(path, { version: 1, monitor: "1", root: "/srv", now: 1, sources });
  expect(readCheckpoint(path)?.sources).toEqual({ one: { version: 1, files: { c: 2 } } });
});

it("refuses it, too, where the file's state was there before and is another one now", () => {
  const path = makeWorkspace().path("checkpoint.json");
  const token = ["ghp", "q7Yt2LmZx9KcVb4NhRw8SdFgJp3TeUa61oXi"].join("_");
  const [same, old] = [{ title: "one" }, { title: "two" }];
  const before = { one: { version: 1, files: { same, other: old } } };
  const sources = { one: { version: 1, files: { same, other: { title: token } } } };
  writeCheckpoint(path, { version: 1, monitor: "1", root: "/srv", now: 1, sources }, before);
  expect(readCheckpoint(path)?.sources).toEqual({ one: { version: 1, files: { same } } });
});
