import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectFolder, run } from "../support/program.ts";
import { findBlock } from "../support/readme-text.ts";
import { makeWorkspace } from "../support/workspace.ts";

const at = (minute: number) => `2026-11-22T14:${minute}:00Z`;

it("the wrapper of the README notifies of what changed, once, again when that failed, and is silent otherwise", async () => {
  const { path, root, status, write } = makeWorkspace();
  const told = path("told");
  const program = (name: string, text: string) => {
    writeFileSync(path(name), `#!/bin/sh\n${text}\n`);
    chmodSync(path(name), 0o755);
    return path(name);
  };
  const notify = program("notify.sh", findBlock("sh", "# notify.sh"));
  program("notify-send", "exit 1");
  const look = (minute: number) =>
    run(["sh", notify, root], {
      env: {
        HOME: root,
        PATH: `${root}:${process.env.PATH}`,
        MONITOR: program(
          "monitor",
          `exec '${join(projectFolder, "node_modules/.bin/bun")}' '${join(projectFolder, "src/cli.ts")}' "$@" --now ${at(minute)}`,
        ),
      },
    });
  write(".agents/logs/.keep", "");
  status("a", { status: "failed", taskId: "bg_1", title: "It's it", timestamp: at(20), updatedAt: at(30) });
  expect(await look(31)).toMatchObject({ exitCode: 1 });
  program("notify-send", `printf '%s|' "$@" >> '${told}'`);
  expect(await look(32)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  expect(readFileSync(told, "utf8")).toMatch(/^--\|Agents\|\[14:31\] It's it \(bg_1\): ✗ Failed/);
  writeFileSync(told, "");
  await look(36);
  expect(existsSync(told) ? readFileSync(told, "utf8") : "").toBe("");
});
