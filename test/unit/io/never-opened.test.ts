import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isNeverOpened, neverOpened } from "../../../src/io/never-opened.ts";
import { openFile } from "../../../src/io/open-file.ts";
import { sources } from "../../../src/sources/index.ts";
import { makeWorkspace } from "../../support/workspace.ts";

const all = [...neverOpened, ...sources.flatMap((source) => source.neverOpened ?? [])];
const files = all.map((name) => (name.endsWith("/") ? `${name}id_ed25519` : name.replace("*", "id")));

it.each(files)("refuses to open %s, by its name and through a link", (name) => {
  const workspace = makeWorkspace();
  const path = workspace.write(name, '{"status":"running"}');
  symlinkSync(path, workspace.path("session.jsonl"));
  expect(() => openFile(path)).toThrow(/never opened/);
  expect(() => openFile(workspace.path("session.jsonl"))).toThrow(/never opened/);
});

it.each([".worktrees/a/status.json", ".environment", "my-auth.json.jsonl", "src/shadow.ts", "xauth.json"])(
  "opens %s",
  (name) => {
    expect(isNeverOpened(join("/srv/demo", name))).toBe(false);
  },
);
