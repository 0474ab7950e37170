import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { projectFolder, run } from "../../support/program.ts";

const now = "2026-11-22T14:32:00Z";

it("takes one file and one registry line: the README's made-up agent is reported", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sixth-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["src", "package.json", "tsconfig.json"])
    cpSync(join(projectFolder, name), join(folder, name), { recursive: true });
  symlinkSync(join(projectFolder, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "src/sources/nightowl.ts"), readmeBlock("// src/sources/nightowl.ts"));
  const registry = join(folder, "src/sources/index.ts");
  const lines = readFileSync(registry, "utf8").replace("Source[] = [", "Source[] = [nightowl, ");
  writeFileSync(registry, `import { nightowl } from "./nightowl.ts";\n${lines}`);
  const worktree = join(folder, "project/.worktrees/alpha");
  mkdirSync(worktree, { recursive: true });
  mkdirSync(join(folder, "home/.nightowl"), { recursive: true });
  const call = (minute: number) => ({
    at: `2026-11-22T14:${minute}:00Z`,
    id: `c${minute}`,
    tool: "edit",
    input: { path: "src/app.ts", minute },
    output: "no such text",
    ok: false,
  });
  const records = [{ at: "2026-11-22T14:20:00Z", cwd: worktree }, call(28), call(29), call(30)];
  writeFileSync(
    join(folder, "home/.nightowl/s1.jsonl"),
    records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  );
  const types = await run(["tsc", "--noEmit", "-p", folder]);
  const words = ["--root", join(folder, "project"), "--now", now, "--no-record"];
  const { stdout } = await run(["bun", join(folder, "src/cli.ts"), ...words], {
    env: { HOME: join(folder, "home") },
  });
  expect(types.stdout).toBe("");
  expect(stdout).toContain(
    "[14:32] alpha (.worktrees/alpha): ⚠ Struggling - 3 tool failures detected\n    edit ×3; last at 14:30",
  );
});

function readmeBlock(firstLine: string): string {
  const readme = readFileSync(join(projectFolder, "README.md"), "utf8");
  return (
    [...readme.matchAll(/```ts\n([\s\S]*?)```/g)]
      .map((found) => found[1] ?? "")
      .find((block) => block.startsWith(firstLine)) ?? ""
  );
}
