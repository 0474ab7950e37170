import { expect, it } from "vitest";
import { programName, repeatedOptions } from "../../src/invocation.ts";

const bun = "bun/1.4.5 npm/? node/v26 linux x64";
const npm = "npm/11.19.1 node/v20.20.2 linux x64";
const script = (agent: string, event: string, text: string) => ({
  npm_command: agent === npm ? "run" : "run-script",
  npm_config_user_agent: agent,
  npm_lifecycle_event: event,
  npm_lifecycle_script: text,
});
const exec = (event: string, text: string) => ({
  npm_command: "exec",
  npm_lifecycle_event: event,
  npm_lifecycle_script: text,
});

it.each([
  ["a script of bun", script(bun, "monitor", "bun src/cli.ts"), "bun", "/p/src/cli.ts", "bun run monitor"],
  ["a script of npm", script(npm, "agents", "monitor --all"), "bun", "/p/src/cli.ts", "npm run agents --"],
  ["a bin by bun run", { npm_command: "run-script" }, "bun", "/p/src/cli.ts", "bun run monitor"],
  ["npx", exec("npx", "'monitor'"), "bun", "/p/src/cli.ts", "npx monitor"],
  ["bunx", exec("bunx", "monitor"), "bun", "/p/src/cli.ts", "bunx monitor"],
  ["the bin", { _: "node_modules/.bin/monitor" }, "bun", "/p/src/cli.ts", "node_modules/.bin/monitor"],
  ["the executable", { _: "/usr/bin/tmux" }, "dist/monitor", "/$bunfs/root/monitor", "dist/monitor"],
  [
    "the source, below a script that is not ours",
    script(bun, "dev", "vite"),
    "bun",
    "/my p/src/cli.ts",
    "bun --no-env-file --config=/dev/null '/my p/src/cli.ts'",
  ],
])("names the program as it was started: %s", (_, env, argv0, main, name) => {
  expect(programName({ env, argv0, main, onPath: () => null })).toBe(name);
});

it.each([
  ["that a shell finds", {}, "monitor"],
  ["that only bun run finds", { npm_command: "run-script" }, "bun run monitor"],
])("names a program %s", (_, env, name) => {
  const main = "/home/kim/.bun/install/global/node_modules/agent-monitor/src/cli.ts";
  expect(programName({ env, argv0: "bun", main, onPath: () => main })).toBe(name);
});

it.each([
  [{ root: null, worktrees: [] }, {}, ""],
  [{ root: "my shop", worktrees: ["a/*.json"] }, {}, " --root 'my shop' --worktrees 'a/*.json'"],
  [{ root: "shop", worktrees: [] }, { npm_lifecycle_script: "monitor --root shop" }, ""],
  [{ root: ".", worktrees: [] }, { npm_lifecycle_script: "bun src/cli.ts" }, " --root ."],
])("repeats the options that say which tasks: %j", (given, env, words) => {
  expect(repeatedOptions(given, { env })).toBe(words);
});
