import { readdirSync, readFileSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { expect, it } from "vitest";
import { replaceFile } from "../../../src/io/replace-file.ts";
import { run } from "../../support/program.ts";
import { makeWorkspace, type Workspace } from "../../support/workspace.ts";

it("replaces a file and leaves nothing beside it", () => {
  const workspace = makeWorkspace();
  const path = workspace.write("metrics.prom", "old");
  replaceFile(path, "new", 0o644);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o644]);
  expect(readdirSync(workspace.root)).toEqual(["metrics.prom"]);
});

it.each([
  ["a named pipe", "metrics.prom"],
  ["a named pipe", "link.prom"],
])("replaces nothing that is no file: %s, as %s", async (kind, name) => {
  const workspace = makeWorkspace();
  await run(["mkfifo", workspace.path("metrics.prom")]);
  symlinkSync("metrics.prom", workspace.path("link.prom"));
  expect(() => replaceFile(workspace.path(name), "new", 0o644)).toThrow(`it is ${kind}, no file`);
  expect(statSync(workspace.path("metrics.prom")).isFIFO()).toBe(true);
  expect(readdirSync(workspace.root).sort()).toEqual(["link.prom", "metrics.prom"]);
});

it("removes what killed runs left beside it, and nothing else", () => {
  const workspace = makeWorkspace();
  leaveLongAgo(workspace, [".a.json.7.tmp", ".b.json.7.tmp", "a.json.7.tmp"]);
  workspace.write(".a.json.8.tmp", "another run's, of this moment");
  replaceFile(workspace.path("a.json"), "{}", 0o600);
  expect(readdirSync(workspace.root).sort()).toEqual([
    ".a.json.8.tmp",
    ".b.json.7.tmp",
    "a.json",
    "a.json.7.tmp",
  ]);
});

function leaveLongAgo(workspace: Workspace, names: readonly string[]): void {
  const hoursAgo = Date.now() / 1_000 - 7_300;
  for (const name of names) utimesSync(workspace.write(name, "x"), hoursAgo, hoursAgo);
}
