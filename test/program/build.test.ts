import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { projectFolder, type Ran, run } from "../support/program.ts";

const words = [
  ...["--now", "2026-11-22T14:32:00Z", "--no-record"],
  ...["--procfs", join(projectFolder, "fixtures/procfs")],
];
const workspace = join(projectFolder, "fixtures/workspaces/six-tasks");
const safely = ["bun", "--no-env-file", "--config=/dev/null"];
const cli = join(projectFolder, "src/cli.ts");
const bin = join(projectFolder, "src/bin.ts");

beforeAll(async () => {
  const built = await run(["bun", "run", "--silent", "build"]);
  expect([built.exitCode, existsSync(join(projectFolder, "dist/monitor"))]).toEqual([0, true]);
});

it("bundle and executable print the same report as the source", async () => {
  const [source, bundle, executable] = await Promise.all(
    [[...safely, cli], ["dist/monitor.js"], ["dist/monitor"]].map((start) =>
      run([...start, "--root", workspace, ...words]),
    ),
  );
  expect(source?.stdout).toContain("6 tasks");
  expect([bundle, executable].map(withoutName)).toEqual([source, source].map(withoutName));
});

it("is packed as the bundle and the demo, and runs where it is installed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "monitor-package-"));
  const packed = await run(["bun", "pm", "pack", "--quiet", "--ignore-scripts", "--destination", folder]);
  expect(packed.exitCode).toBe(0);
  const installed = join(folder, "node_modules/agent-monitor");
  mkdirSync(installed, { recursive: true });
  const [tarball = ""] = new Bun.Glob("*.tgz").scanSync(folder);
  await run(["tar", "-xzf", join(folder, tarball), "--strip-components=1", "-C", installed]);
  const files = [...new Bun.Glob("**").scanSync(installed)];
  expect(files.reduce((sum, file) => sum + statSync(join(installed, file)).size, 0)).toBeLessThan(1_000_000);
  expect(files.filter((file) => file.endsWith(".ts"))).toEqual(["src/bin.ts"]);
  const [source, found, demo] = await Promise.all([
    run([...safely, cli, "--root", workspace, ...words]),
    run([join(installed, "src/bin.ts"), "--root", workspace, ...words], { cwd: folder }),
    run(["bun", "run", "--silent", "demo"], { cwd: installed }),
  ]);
  expect(withoutName(found)).toEqual(withoutName(source));
  expect(demo).toMatchObject({ exitCode: 0, stderr: "" });
  expect(demo.stdout).toContain("bun run demo --explain bg_9f31c0");
  rmSync(folder, { recursive: true });
});

it("starts with the Bun beside it where none is on the PATH, and says what to install where there is none", async () => {
  const folder = hostileFolder();
  const env = { PATH: folder };
  const start = ["node_modules/.bin/monitor", ...words];
  const found = await run(start, { cwd: folder, env });
  expect([found.exitCode, found.stdout.includes("6 tasks")]).toEqual([0, true]);
  rmSync(join(folder, "node_modules/.bin/bun"));
  const { devDependencies } = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8"));
  expect(await run(start, { cwd: folder, env })).toEqual({
    exitCode: 3,
    stdout: "",
    stderr: `monitor: Bun is not on the PATH: npm install --save-dev bun@${devDependencies.bun}, or see https://bun.com\n`,
  });
});

describe("started inside a folder that means harm", () => {
  const ways: readonly (readonly [name: string, start: readonly string[]])[] = [
    ["from source", [...safely, cli]],
    ["the bin's file", [...safely, bin]],
    ["the executable", [join(projectFolder, "dist/monitor")]],
    ["the bundle", [join(projectFolder, "dist/monitor.js")]],
    ["the bin", ["node_modules/.bin/monitor"]],
    ["bunx", ["bunx", "--no-install", "monitor"]],
    ["npx", ["npx", "--no-install", "monitor"]],
    ["bun run, the bin", ["bun", "run", "--silent", "monitor"]],
    ["bun run, a script", ["bun", "run", "--silent", "agents"]],
    ["npx bun run", ["npx", "--no-install", "bun", "run", "--silent", "monitor"]],
  ];

  it.each(ways)("%s runs and obeys nothing of it, and reports the same", async (_, start) => {
    const folder = hostileFolder();
    const expected = await run([...safely, cli, "--root", workspace, ...words], { cwd: tmpdir() });
    const env = { NPM_CONFIG_UPDATE_NOTIFIER: "false" };
    const found = await run([...start, ...words], { cwd: folder, env });
    expect(withoutName(found)).toEqual(withoutName(expected));
    expect(existsSync(join(folder, "was-run"))).toBe(false);
  });

  it.skipIf(Bun.which("strace") === null).each(ways)(
    "%s: the monitor opens neither file",
    async (_, start) => {
      const folder = hostileFolder();
      const trace = ["strace", "-ff", "-e", "trace=open,openat", "-o", join(folder, "trace")];
      await run([...trace, ...start, ...words], { cwd: folder });
      const perProcess = [...new Bun.Glob("trace.*").scanSync(folder)].map((name) =>
        readFileSync(join(folder, name), "utf8"),
      );
      // `bun run`, `bunx` and the like are other processes.
      const monitors = perProcess.filter((text) => text.includes("status.json"));
      expect(monitors).toHaveLength(1);
      expect(monitors[0]?.match(/"[^"]*(bunfig\.toml|\.env)".*/g)).toBeNull();
    },
  );
});

// The last line names the program as it was started.
function withoutName(ran: Ran | undefined): unknown {
  return { ...ran, stdout: ran?.stdout.replace(/Details: .* --explain/, "Details: --explain") };
}

/** A project with tasks whose bunfig preloads a script and whose .env names another home. */
function hostileFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "monitor-hostile-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(workspace, folder, { recursive: true });
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./harm.ts"]\n[test]\npreload = ["./harm.ts"]\n');
  writeFileSync(
    join(folder, "harm.ts"),
    'require("node:fs").writeFileSync("was-run", ""); console.log("harm");',
  );
  writeFileSync(join(folder, ".env"), "FORCE_COLOR=3\nTZ=Asia/Tokyo\nGITHUB_ACTIONS=true\n");
  const script = `bun --no-env-file --config=/dev/null ${cli}`;
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "shop", scripts: { agents: script } }));
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  chmodSync(bin, 0o755);
  symlinkSync(bin, join(folder, "node_modules/.bin/monitor"));
  symlinkSync(join(projectFolder, "node_modules/.bin/bun"), join(folder, "node_modules/.bin/bun"));
  return folder;
}
