import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The project's own folder. */
export const projectFolder = resolve(import.meta.dirname, "../..");

/** The program, from source. */
export const cli = join(projectFolder, "src/cli.ts");

// Without the folder in which `bun --bun` calls itself node.
const ownPath = (process.env.PATH ?? "").split(":").filter((folder) => !/\/bun-node-/.test(folder));

export type Ran = { readonly stdout: string; readonly stderr: string; readonly exitCode: number };

/** Runs a program with pipes, in UTC, with an empty home and nothing else of this machine's environment but PATH. */
export async function run(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const home = mkdtempSync(join(tmpdir(), "monitor-home-"));
  const child = Bun.spawn([...command], {
    cwd: options.cwd ?? projectFolder,
    env: {
      PATH: [join(projectFolder, "node_modules/.bin"), ...ownPath].join(":"),
      HOME: home,
      TZ: "UTC",
      TERM: "xterm",
      ...options.env,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  rmSync(home, { recursive: true, force: true });
  return { stdout, stderr, exitCode };
}

/** Runs the monitor from source. */
export function runMonitor(words: readonly string[], options: Parameters<typeof run>[1] = {}): Promise<Ran> {
  return run(["bun", cli, ...words], options);
}
