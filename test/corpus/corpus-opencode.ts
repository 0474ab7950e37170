// bun test/corpus/corpus-opencode.ts <folder>: runs the monitor over recorded OpenCode runs with known states (their
// `manifest.json` says which) and prints how far it agrees. Does nothing without the folder.
import { Database } from "bun:sqlite";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { realPath } from "../../src/io/worktrees.ts";
import { monitor } from "../../src/monitor.ts";

const recordedRoot = "/srv/demo";

const allowed: Readonly<Record<string, readonly string[]>> = {
  completed: ["completed"],
  completed_after_loop: ["completed"],
  running_tool: ["healthy"],
  waiting_model: ["healthy"],
  waiting_child: ["healthy"],
  idle_child_running: ["healthy"],
  idle_child_interrupted: ["completed", "failed"],
  waiting_model_long: ["healthy", "struggling", "stuck"],
  streaming_stalled: ["healthy", "struggling", "stuck"],
  struggling: ["struggling"],
  looping: ["stuck"],
  looping_period_2: ["stuck"],
  looping_by_design: ["waiting", "healthy"],
  retrying: ["struggling", "stuck", "healthy"],
  blocked_question: ["waiting"],
  blocked_permission: ["waiting", "healthy"],
  ended_with_open_todos: ["completed", "failed"],
  ended_by_length: ["completed", "failed"],
  failed: ["failed"],
  failed_permission_rejected: ["cancelled", "failed"],
  aborted: ["cancelled", "failed"],
  interrupted: ["failed"],
  queued: ["healthy"],
};

const Snapshot = z.object({
  path: z.string(),
  phase: z.string(),
  opencode: z.string(),
  observedAt: z.number(),
  processAlive: z.boolean(),
  tasks: z.array(
    z.object({
      session: z.string().nullish(),
      parent: z.string().nullish(),
      backgroundTaskId: z.string().nullish(),
      TRUE: z.string(),
    }),
  ),
});
type Snapshot = z.infer<typeof Snapshot>;
const Manifest = z.object({ snapshots: z.array(Snapshot) });

const folder = process.argv[2];
if (folder === undefined || !existsSync(join(folder, "manifest.json"))) {
  console.log("usage: bun test/corpus-opencode.ts <folder with manifest.json>; nothing to do");
} else {
  await run(folder);
}

async function run(corpus: string): Promise<void> {
  const { snapshots } = Manifest.parse(JSON.parse(readFileSync(join(corpus, "manifest.json"), "utf8")));
  const table = new Map<string, { right: number; all: number }>();
  for (const snapshot of snapshots) {
    if (!existsSync(join(corpus, snapshot.path))) continue;
    const place = mkdtempSync(join(tmpdir(), "corpus-opencode-"));
    try {
      const healths = await look(unpack(corpus, snapshot, realPath(place)), snapshot);
      for (const task of snapshot.tasks) {
        // A subagent that its parent waits for is no task of its own: the parent's row speaks for it.
        const health =
          [task.backgroundTaskId, task.session, task.parent]
            .map((id) => healths.get(id ?? "-"))
            .find((found) => found !== undefined) ?? "not reported";
        const isRight = allowed[task.TRUE]?.includes(health) ?? false;
        const row = table.get(task.TRUE) ?? { right: 0, all: 0 };
        table.set(task.TRUE, { right: row.right + (isRight ? 1 : 0), all: row.all + 1 });
        if (!isRight)
          console.log(
            `${snapshot.path}: ${task.backgroundTaskId ?? task.session} is ${task.TRUE}, reported ${health}`,
          );
      }
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }
  let right = 0;
  let all = 0;
  for (const [label, row] of [...table].sort()) {
    console.log(`${label.padEnd(28)} ${row.right} of ${row.all}`);
    right += row.right;
    all += row.all;
  }
  console.log(`${"all".padEnd(28)} ${right} of ${all}`);
}

type Unpacked = {
  readonly root: string;
  readonly home: string;
  readonly share: string;
  readonly procfs: string;
};

function unpack(corpus: string, snapshot: Snapshot, place: string): Unpacked {
  const root = join(place, "demo");
  const share = join(place, "share");
  mkdirSync(join(root, ".worktrees"), { recursive: true });
  cpSync(join(corpus, snapshot.path, "share"), share, { recursive: true, preserveTimestamps: true });
  const database = join(share, "opencode", "opencode.db");
  const worktree = existsSync(database) ? moveSessions(database, root) : null;
  rewriteTexts(share, root);
  const directory = worktree ?? findDirectory(join(share, "opencode", "storage", "session"));
  mkdirSync(directory, { recursive: true });
  if (existsSync(join(corpus, snapshot.path, "worktree")))
    cpSync(join(corpus, snapshot.path, "worktree"), directory, { recursive: true });
  rewriteTexts(directory, root);
  const procfs = makeProcfs(place, snapshot, directory, share);
  return { root, home: join(place, "home"), share, procfs };
}

function moveSessions(path: string, root: string): string | null {
  const database = new Database(path);
  database.query("UPDATE session SET directory = replace(directory, ?, ?)").run(recordedRoot, root);
  const row = z
    .object({ directory: z.string() })
    .nullable()
    .parse(database.query("SELECT directory FROM session LIMIT 1").get());
  database.close();
  return row?.directory ?? null;
}

function rewriteTexts(top: string, root: string): void {
  for (const name of readdirSync(top, { recursive: true, encoding: "utf8" })) {
    const path = join(top, name);
    const stats = statSync(path);
    if (!stats.isFile() || !/\.(json|log|md)$/.test(name)) continue;
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(recordedRoot, root));
    utimesSync(path, stats.atime, stats.mtime);
  }
}

function findDirectory(folder: string): string {
  const [first] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  );
  if (first === undefined) throw new Error(`${folder} holds no session`);
  return z.object({ directory: z.string() }).parse(JSON.parse(readFileSync(join(folder, first), "utf8")))
    .directory;
}

function makeProcfs(place: string, snapshot: Snapshot, cwd: string, share: string): string {
  const procfs = join(place, "proc");
  mkdirSync(procfs);
  const bootedAt = Math.floor(snapshot.observedAt / 1_000) - 86_400;
  writeFileSync(join(procfs, "uptime"), "86400.00 86400.00\n");
  writeFileSync(join(procfs, "stat"), `btime ${bootedAt}\n`);
  writeFileSync(join(procfs, "locks"), "");
  if (!snapshot.processAlive) return procfs;
  // The recordings hold no process facts: a server that was started again has just come up.
  const ageMs = snapshot.phase === "restarted" ? 500 : 600_000;
  const ticks = Math.round((snapshot.observedAt - ageMs - bootedAt * 1_000) / 10);
  const process = join(procfs, "4242");
  mkdirSync(join(process, "fd"), { recursive: true });
  writeFileSync(join(process, "comm"), "opencode\n");
  writeFileSync(join(process, "stat"), `4242 (opencode) S ${"0 ".repeat(18)}${ticks} 0 0\n`);
  symlinkSync(cwd, join(process, "cwd"));
  const database = join(share, "opencode", "opencode.db");
  symlinkSync(
    existsSync(database) ? database : join(share, "opencode", "log", "run.log"),
    join(process, "fd", "3"),
  );
  return procfs;
}

async function look({ root, home, share, procfs }: Unpacked, { observedAt }: Snapshot) {
  const { report } = await monitor({
    root,
    cwd: null,
    worktreePatterns: [],
    now: observedAt,
    sinceMs: 86_400_000,
    failures: 3,
    stuckAfterMs: 900_000,
    procfs,
    env: { HOME: home, XDG_DATA_HOME: share },
    runId: "corpus",
    reader: "ada@host",
    trigger: "script",
    isCheck: false,
  });
  const source = report.collected.sources.find(({ id }) => id === "opencode");
  if (source?.outcome !== "read" || report.problems.length > 0) console.log(root, source, report.problems);
  if (process.env.SHOW)
    for (const task of report.tasks)
      console.log(task.health, task.id, task.agent, task.message, task.evidence);
  return new Map(
    report.tasks.flatMap((task) => [
      [task.id ?? "", task.health] as const,
      [task.agent.session_id ?? "", task.health] as const,
    ]),
  );
}
