import { expect, it } from "vitest";
import { targetOf } from "../../../../src/core/evidence/call-digest.ts";

it.each([
  ["text alone", "src/app.ts", "src/app.ts"],
  ["empty text", "", null],
  ["nothing", null, null],
  ["a number", 7, null],
  ["a path", { file_path: "src/app.ts", command: "ls" }, "src/app.ts"],
  ["a command", { command: "bun test", description: "runs the tests" }, "bun test"],
  ["what it looks for", { pattern: "TODO", title: "Search" }, "TODO"],
  ["an empty path and a command", { path: "", command: "ls" }, "ls"],
  ["an empty command", { command: "" }, null],
  ["a path of another type", { path: 7, query: "x" }, "x"],
  ["a path that every object has", {}, null],
  ["160 characters", { path: "a".repeat(160) }, "a".repeat(160)],
  ["161 characters", { path: "a".repeat(161) }, `${"a".repeat(159)}…`],
  ["161 characters of text alone", "a".repeat(161), `${"a".repeat(159)}…`],
])("finds what a call works on: %s", (_, raw, target) => {
  expect(targetOf(raw)).toBe(target);
});
