import { expect, it } from "vitest";
import { readStatusFile } from "../../../src/io/status-file.ts";
import { makeWorkspace } from "../../support/workspace.ts";

it.each([
  ["its id", '{"taskId": "bg_1", "title": "Docs", "sta', { taskId: "bg_1", title: "Docs", sessionId: null }],
  ["half of its id", '{"title": "Docs", "taskId": "bg_', undefined],
  ["nothing", "{", undefined],
])("a status file that is written up to %s tells whose it is as far as it goes", (_, text, whose) => {
  const { root, write } = makeWorkspace();
  write("status.json", text);
  const read = readStatusFile(root, "status.json", { now: 0, writtenAt: null }, false);
  expect(read?.problems[0]?.code).toBe("invalid_json");
  expect(read?.lastKnown).toEqual(whose);
});
