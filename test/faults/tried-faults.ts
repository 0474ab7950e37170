import { appendFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FaultyProject, FaultyRun } from "./faulty-project.ts";

const writing =
  "write,pwrite64,writev,rename,renameat,renameat2,fsync,fdatasync,ftruncate,unlink,mkdir,fchmod,openat";

/** One kind of fault, and the runs it is put into. */
export type Fault = {
  readonly name: string;
  readonly times: number;
  /** The runs made; null: nothing left to try. */
  once(index: number): Promise<readonly FaultyRun[] | null>;
  /** What a run that did not end with 0 may say. */
  readonly mayFail?: RegExp;
  /** Each so many rounds a run without a fault heals what is torn. */
  readonly healEvery?: number;
  /** The log itself is taken away. */
  readonly losesLog?: boolean;
  /** Runs with a small disk of their own below the logs. */
  readonly onDisk?: boolean;
};

/** Every kind of fault; `kills` of the first one. */
export function faultsOf(project: FaultyProject, random: () => number, kills: number): readonly Fault[] {
  const { eventLog, logs, calls } = project;
  return [
    {
      name: "SIGKILL at a random moment",
      times: kills,
      healEvery: 5,
      once: async () => [await project.look({ killAfterMs: random() * 120 })],
    },
    {
      name: `SIGKILL at each call of ${writing}`,
      times: Number.POSITIVE_INFINITY,
      once: async (index) => {
        const ran = await project.look({ through: killedAt(index + 1) });
        return ran.exitCode === 0 ? null : [{ ...ran, signal: "SIGKILL" }];
      },
    },
    {
      name: "the last append cut off at any byte",
      times: 200,
      once: async () => {
        const before = statSync(eventLog, { throwIfNoEntry: false })?.size ?? 0;
        await project.look();
        truncateSync(eventLog, before + Math.floor(random() * (statSync(eventLog).size - before)));
        project.now += 60_000;
        return [await project.look()];
      },
    },
    {
      name: "32 runs at once",
      times: 3,
      once: async () => Promise.all(Array.from({ length: 32 }, () => project.look())),
    },
    {
      name: "writers append while it reads",
      times: 20,
      once: async () => {
        const looking = project.look();
        project.appendCalls(400);
        return [await looking];
      },
    },
    {
      name: "a log rotated or cut in the middle of a run",
      times: 40,
      once: async (index) => {
        const looking = project.look();
        await Bun.sleep(random() * 100);
        if (index % 2 === 0) writeFileSync(calls, '{"tool":"edit","ok":true,"timesta');
        else renameSync(calls, join(logs, "calls.1"));
        const ran = await looking;
        project.appendCalls(40);
        return [ran];
      },
    },
    {
      name: "the clock set back and forward",
      times: 24,
      once: async (index) => [
        await project.look({ now: project.now + (index % 2 === 0 ? -1 : 1) * 36e5 * index }),
      ],
    },
    {
      name: "other time zones, at and around the change of summer time",
      times: 32,
      once: async (index) => {
        const zones = ["America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Europe/Berlin"];
        const changes = ["2027-03-14T06:58:00Z", "2027-03-28T00:58:00Z", "2027-10-31T00:58:00Z"];
        project.now =
          Date.parse(changes[Math.floor(index / 12)] ?? "2027-11-07T05:58:00Z") + (index % 12) * 60_000;
        return [await project.look({ env: { TZ: zones[index % 4] ?? "UTC" } })];
      },
    },
    {
      name: "a full disk (tmpfs of 256 KiB)",
      times: 60,
      onDisk: true,
      mayFail: /background_monitoring/,
      once: async (index) => {
        const filler = join(logs, "filler");
        writeFileSync(filler, "");
        const left = Math.floor(random() * 12_000);
        fill(filler, left);
        const ran = await project.look();
        rmSync(filler);
        // So small a disk would soon be full of the log itself.
        if (index % 12 === 11) rmSync(eventLog);
        return [ran];
      },
    },
    {
      name: "no space behind the first bytes (ulimit -f)",
      times: 20,
      mayFail: /background_monitoring/,
      once: async () => {
        const blocks = Math.ceil((statSync(eventLog, { throwIfNoEntry: false })?.size ?? 0) / 1024);
        const limited = `ulimit -f ${blocks}; trap '' XFSZ; exec "$@"`;
        return [await project.look({ through: ["bash", "-c", limited, "bash"] })];
      },
    },
    {
      name: "a read-only .agents/logs",
      times: 10,
      onDisk: true,
      mayFail: /background_monitoring/,
      once: async () => {
        remount(logs, "ro");
        const ran = await project.look();
        remount(logs, "rw");
        return ran.exitCode === 3
          ? [ran]
          : [{ ...ran, stderr: "was not told that it is read-only", exitCode: 1 }];
      },
    },
    ...(
      [
        ["EIO", "read,pread64", 60],
        ["EINTR", "read,pread64", 60],
        ["EIO", "openat", 60],
        ["EINTR", "openat", 30],
        ["EACCES", "openat", 30],
        ["ENOSPC", "write,pwrite64", 12],
        ["EIO", "write,pwrite64", 12],
        ["EINTR", "write,pwrite64", 12],
        ["EIO", "rename,renameat,renameat2", 3],
        ["ENOSPC", "fchmod,fsync,ftruncate,unlink,close", 12],
      ] as const
    ).map(
      ([error, names, times]): Fault => ({
        name: `${error} at one ${names} of its files`,
        times,
        mayFail: /background_monitoring/,
        once: async (index) => [
          await project.look({
            through: [
              ...tracedFiles(project),
              "-e",
              `inject=${names}:error=${error}:when=${1 + (index % 12)}`,
            ],
          }),
        ],
      }),
    ),
    {
      name: "the folder of the logs vanished before a run",
      times: 3,
      losesLog: true,
      once: async () => {
        rmSync(logs, { recursive: true });
        return [await project.look()];
      },
    },
    {
      name: "the folder of the logs vanished in the middle of a run",
      times: 20,
      losesLog: true,
      mayFail: /background_monitoring/,
      once: async () => {
        const looking = project.look();
        await Bun.sleep(random() * 120);
        const aside = `${logs}.gone`;
        renameSync(logs, aside);
        const ran = await looking;
        rmSync(aside, { recursive: true });
        return [ran.exitCode === 0 ? { ...ran, seen: null } : ran];
      },
    },
  ];
}

function killedAt(call: number): string[] {
  const inject = `inject=${writing}:signal=SIGKILL:when=${call}`;
  return ["strace", "-f", "-o", "/dev/null", "-e", `trace=${writing}`, "-e", inject];
}

// Only the project's own files: those of the runtime are not ours to survive.
function tracedFiles(project: FaultyProject): string[] {
  const claims = ["w1", "w2"].map((name) => join(project.root, ".worktrees", name, "status.json"));
  const files = [project.eventLog, project.calls, project.checkpoint, ...claims];
  return ["strace", "-f", "-o", "/dev/null", ...files.flatMap((file) => ["-P", file])];
}

function remount(logs: string, mode: "ro" | "rw"): void {
  succeeds("mount", "-o", `remount,${mode}`, logs);
}

/** Whether a command ends with 0. */
export function succeeds(...command: string[]): boolean {
  return Bun.spawnSync(command, { stderr: "ignore" }).exitCode === 0;
}

/** Fills the disk but for about `left` bytes. */
function fill(filler: string, left: number): void {
  const page = Buffer.alloc(4_096);
  try {
    for (;;) appendFileSync(filler, page);
  } catch {
    truncateSync(filler, Math.max(0, statSync(filler).size - left));
  }
}
