import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A small project in a temporary folder that is removed when the test is over. Paths are given from its root. */
export type Workspace = {
  /** Absolute, symlinks resolved. */
  readonly root: string;
  path(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  /** Writes `.worktrees/<name>/status.json`. */
  status(name: string, value: unknown): string;
  /** Writes `.agents/logs/<name>` with a line for each record; text stands as it is. */
  log(name: string, ...records: readonly unknown[]): string;
};

export function makeWorkspace(atEnd: (remove: () => void) => void = onTestFinished): Workspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "workspace-")));
  atEnd(() => rmSync(root, { recursive: true, force: true }));
  const path = (name: string) => join(root, name);
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), content);
    return path(name);
  };
  return {
    root,
    path,
    write,
    status: (name, value) => write(`.worktrees/${name}/status.json`, JSON.stringify(value)),
    log: (name, ...records) =>
      write(
        `.agents/logs/${name}`,
        records.map((record) => `${typeof record === "string" ? record : JSON.stringify(record)}\n`).join(""),
      ),
  };
}

/** Runs git in `folder` without this machine's configuration. */
export function git(folder: string, ...words: readonly string[]): void {
  const identity = ["-c", "user.name=Kim", "-c", "user.email=kim@example.test"];
  const { exitCode, stderr } = Bun.spawnSync(
    ["git", ...identity, "-c", "init.defaultBranch=main", ...words],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    },
  );
  if (exitCode !== 0) throw new Error(`git ${words.join(" ")}: ${stderr.toString()}`);
}
