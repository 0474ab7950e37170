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
  const { folder, project, home } = withNightowl();
  const records = [{ at: "2026-11-22T14:20:00Z", cwd: join(project, ".worktrees/alpha") }, ...calls()];
  writeSession(home, "s1", records);
  const types = await run(["tsc", "--noEmit", "-p", folder]);
  const words = ["--root", project, "--now", now, "--no-record"];
  const { stdout } = await run(["bun", join(folder, "src/cli.ts"), ...words], { env: { HOME: home } });
  expect(types.stdout).toBe("");
  expect(stdout).toContain(
    "[14:32] alpha (.worktrees/alpha): ⚠ Struggling - 3 tool failures detected\n    edit ×3; last at 14:30",
  );
});

it("keeps none of the secrets that its agent wrote, in whatever field", async () => {
  const { folder, project, home } = withNightowl();
  const cwd = join(project, ".worktrees/alpha");
  const start = { at: "2026-11-22T14:20:00Z", cwd };
  const plantings: readonly (readonly [string, object])[] = [
    ["cwd", { ...start, cwd: `${cwd}/${token}` }],
    ...["id", "tool", "output"].map((field) => [field, { ...calls()[0], [field]: `x ${token} y` }] as const),
    ["input", { ...calls()[0], input: { path: token, [token]: { token: [token] } } }],
    ["an unknown field", { ...calls()[0], [token]: token }],
    ["no record of its kind", { [token]: token }],
  ];
  for (const [index, [, planted]] of plantings.entries())
    writeSession(home, `s${index}`, [start, planted, ...calls()]);
  writeSession(home, token, [start, ...calls()]);
  const command = ["bun", join(folder, "src/cli.ts"), "--root", project, "--now", now];
  const { stdout } = await run(command, { env: { HOME: home } });
  const kept = readFileSync(join(project, ".agents/logs/.monitor-checkpoint.json"), "utf8");
  expect(kept).toContain("s1.jsonl");
  expect([kept, stdout].filter((text) => text.includes(token))).toEqual([]);
});

// Put together here, so that no scanner takes it for a leak.
const token = ["ghp", "q7Yt2LmZx9KcVb4NhRw8SdFgJp3TeUa61oXi"].join("_");

const calls = () =>
  [28, 29, 30].map((minute) => ({
    at: `2026-11-22T14:${minute}:00Z`,
    id: `c${minute}`,
    tool: "edit",
    input: { path: "src/app.ts", minute },
    output: "no such text",
    ok: false,
  }));

function writeSession(home: string, name: string, records: readonly object[]): void {
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
  writeFileSync(join(home, ".nightowl", `${name}.jsonl`), text);
}

/** The program with the README's agent, a project, and a home for the agent. */
function withNightowl() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sixth-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["src", "package.json", "tsconfig.json"])
    cpSync(join(projectFolder, name), join(folder, name), { recursive: true });
  symlinkSync(join(projectFolder, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "src/sources/nightowl.ts"), readmeBlock("// src/sources/nightowl.ts"));
  const registry = join(folder, "src/sources/index.ts");
  const lines = readFileSync(registry, "utf8").replace("Source[] = [", "Source[] = [nightowl, ");
  writeFileSync(registry, `import { nightowl } from "./nightowl.ts";\n${lines}`);
  const [project, home] = [join(folder, "project"), join(folder, "home")];
  mkdirSync(join(project, ".worktrees/alpha"), { recursive: true });
  mkdirSync(join(project, ".agents/logs"), { recursive: true });
  mkdirSync(join(home, ".nightowl"), { recursive: true });
  return { folder, project, home };
}

function readmeBlock(firstLine: string): string {
  const readme = readFileSync(join(projectFolder, "src/sources/README.md"), "utf8");
  return (
    [...readme.matchAll(/```ts\n([\s\S]*?)```/g)]
      .map((found) => found[1] ?? "")
      .find((block) => block.startsWith(firstLine)) ?? ""
  );
}
