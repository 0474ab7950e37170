import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFolder } from "../support/program.ts";
import { Seen } from "./event-lines.ts";

/** How a run ended: `signal` when it was killed, `seen` when it printed its report whole. */
export type FaultyRun = {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly seen: Seen | null;
};

export type RunOptions = {
  readonly now?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the program: strace, a shell with limits. */
  readonly through?: readonly string[];
  readonly killAfterMs?: number;
};

const words = ["running", "failed", "completed", "created", "timeout"];
const bun = join(projectFolder, "node_modules/.bin/bun");

/** Numbers from 0 up to and without 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A project whose tasks change from look to look, looked at by the built program, so that nothing changes meanwhile. */
export class FaultyProject {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "faults-")));
  readonly logs = join(this.root, ".agents/logs");
  readonly eventLog = join(this.logs, "background_monitoring.jsonl");
  readonly checkpoint = join(this.logs, ".monitor-checkpoint.json");
  readonly calls = join(this.logs, "calls.jsonl");
  private readonly program = mkdtempSync(join(tmpdir(), "faults-program-"));
  readonly command = [bun, join(this.program, "monitor.js")];
  now = Date.parse("2026-11-22T14:00:00Z");

  constructor(
    readonly tasks: number,
    private readonly random: () => number,
  ) {
    const out = join(this.program, "monitor.js");
    Bun.spawnSync([bun, "build", join(projectFolder, "src/cli.ts"), "--target=bun", `--outfile=${out}`]);
    mkdirSync(this.logs, { recursive: true });
    for (let index = 0; index < tasks; index += 1) this.writeStatus(index);
  }

  /** Four minutes later: some tasks changed, some calls were made. */
  goOn(): void {
    this.now += 240_000;
    for (let changed = 0; changed < 3; changed += 1) this.writeStatus(Math.floor(this.random() * this.tasks));
    this.appendCalls(4);
  }

  appendCalls(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const task = Math.floor(this.random() * this.tasks);
      const ok = this.random() < 0.6;
      const call = { task_id: `bg_${task}`, tool: "edit", ok, timestamp: this.now - count + index };
      appendFileSync(this.calls, `${JSON.stringify(call)}\n`);
    }
  }

  writeStatus(index: number): void {
    const folder = join(this.root, `.worktrees/w${index}`);
    mkdirSync(folder, { recursive: true });
    const status = words[Math.floor(this.random() * words.length)];
    const claim = { status, taskId: `bg_${index}`, timestamp: this.now, updatedAt: this.now };
    writeFileSync(join(folder, "status.json"), JSON.stringify(claim));
  }

  /** One recorded run that prints JSON. */
  async look({ now = this.now, env = {}, through = [], killAfterMs }: RunOptions = {}): Promise<FaultyRun> {
    const at = new Date(now).toISOString();
    const child = Bun.spawn(
      [...through, ...this.command, "--root", this.root, "--now", at, "--since", "9000d", "--json"],
      {
        env: { PATH: process.env.PATH ?? "", HOME: this.program, TZ: "UTC", TERM: "xterm", ...env },
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    const timer = killAfterMs === undefined ? null : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    await child.exited;
    if (timer !== null) clearTimeout(timer);
    return {
      exitCode: child.exitCode,
      signal: child.signalCode === null ? null : String(child.signalCode),
      stderr,
      seen: seenIn(stdout),
    };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
    rmSync(this.program, { recursive: true, force: true });
  }
}

function seenIn(stdout: string): Seen | null {
  try {
    return Seen.parse(JSON.parse(stdout));
  } catch {
    // Killed before it had printed all of it.
    return null;
  }
}
