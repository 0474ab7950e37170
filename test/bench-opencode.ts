// bun test/bench-opencode.ts [folder]: builds an OpenCode database of about 2 GB (3,000 sessions, 250,000 parts, 500,000
// events; 50 sessions live), prints the time of a look at it, cold and warm, and its peak memory, and deletes it again.
import type { Database } from "bun:sqlite";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProcesses } from "../src/io/processes.ts";
import { opencode } from "../src/sources/opencode/index.ts";
import { createDatabase, idAt } from "./sources/opencode/database.ts";

const sessions = 3_000;
const messagesEach = 21;
const partsEach = 4;
const events = 500_000;
const eventBytes = 3_200;
const live = 50;
const now = Date.parse("2026-11-22T14:10:00Z");

if (process.argv[2] === "look") await look(process.argv[3] ?? "", process.argv[4] ?? "");
else build();

function build(): void {
  const top = mkdtempSync(join(process.argv[2] ?? tmpdir(), "bench-opencode-"));
  const root = join(realpathSync(top), "demo");
  const data = join(top, "share", "opencode");
  for (let index = 0; index < live; index += 1)
    mkdirSync(join(root, ".worktrees", `w${index}`), { recursive: true });
  mkdirSync(data, { recursive: true });
  try {
    const path = join(data, "opencode.db");
    fill(createDatabase(path), root);
    console.log(`${(statSync(path).size / 1e9).toFixed(2)} GB`);
    for (const run of ["cold", "warm"]) {
      if (run === "cold") dropFromCache(path);
      const child = spawnSync(process.execPath, [import.meta.path, "look", root, join(top, "share")], {
        encoding: "utf8",
      });
      console.log(`${run}: ${child.stdout.trim()}${child.stderr}`);
    }
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function fill(database: Database, root: string): void {
  database.exec("PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=1000; BEGIN");
  const insert = {
    session: database.query(
      "INSERT INTO session VALUES (?, 'p', NULL, 's', ?, '', ?, '1.18.33', NULL, 'build', ?, ?, NULL)",
    ),
    message: database.query("INSERT INTO message VALUES (?, ?, ?, ?, ?)"),
    part: database.query("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)"),
    event: database.query("INSERT INTO event VALUES (?, ?)"),
  };
  const text = "x".repeat(900);
  let counter = 0;
  for (let index = 0; index < sessions; index += 1) {
    const isLive = index >= sessions - live;
    const id = `ses_${index}`;
    const begun = now - (isLive ? 600_000 : (sessions - index) * 3_600_000);
    const directory = isLive ? join(root, ".worktrees", `w${index % live}`) : `/srv/other/${index % 40}`;
    insert.session.run(id, directory, `Session ${index}`, begun, begun + 500_000);
    for (let step = 0; step < messagesEach; step += 1) {
      counter += 1;
      const at = begun + step * 20_000;
      const isUser = step === 0;
      const message = isUser
        ? { role: "user", time: { created: at }, agent: "build" }
        : {
            role: "assistant",
            agent: "build",
            time: { created: at, completed: at + 15_000 },
            finish: step === messagesEach - 1 && !isLive ? "stop" : "tool-calls",
          };
      const messageId = idAt("msg", at, counter % 4_096);
      insert.message.run(messageId + index, id, at, at, JSON.stringify(message));
      const state = {
        status: "completed",
        input: { filePath: `/srv/demo/src/${step}.ts` },
        output: text,
        metadata: {},
        time: { start: at + 100, end: at + 900 },
      };
      const parts = isUser
        ? [{ type: "text", text: "go" }]
        : [
            { type: "step-start" },
            { type: "text", text, time: { start: at, end: at + 50 } },
            { type: "tool", tool: "read", callID: `call_${step}`, state },
            { type: "step-finish", reason: "tool-calls" },
          ];
      for (let place = 0; place < partsEach; place += 1) {
        counter += 1;
        insert.part.run(
          `${idAt("prt", at, counter % 4_096)}${index}.${place}`,
          messageId + index,
          id,
          at,
          at,
          JSON.stringify(parts[place] ?? { type: "patch", files: [] }),
        );
      }
    }
  }
  const event = JSON.stringify({ type: "message.part.updated", text: "y".repeat(eventBytes) });
  for (let index = 0; index < events; index += 1) insert.event.run(`evt_${index}`, event);
  database.exec("COMMIT");
  database.close();
}

function dropFromCache(path: string): void {
  const fd = openSync(path, "r");
  fdatasyncSync(fd);
  closeSync(fd);
  spawnSync("dd", [`if=${path}`, "iflag=nocache", "count=0"]);
}

async function look(root: string, share: string): Promise<void> {
  const procfs = join(share, "proc");
  mkdirSync(procfs, { recursive: true });
  for (const [name, content] of [
    ["uptime", "86400.00 86400.00\n"],
    ["stat", `btime ${now / 1_000 - 86_400}\n`],
    ["locks", ""],
  ] as const)
    writeFileSync(join(procfs, name), content);
  const worktrees = Array.from({ length: live }, (_, index) => ({
    path: join(root, ".worktrees", `w${index}`),
    branch: null,
  }));
  const times: string[] = [];
  for (let run = 0; run < 3; run += 1) {
    const begun = performance.now();
    const cpuBefore = process.cpuUsage();
    const { streams, newEvents, outcome, reason } = await opencode.collect({
      root,
      worktrees,
      env: { XDG_DATA_HOME: share },
      now,
      since: now - 86_400_000,
      processes: readProcesses(procfs, now),
      claimedSessions: new Map(),
      checkpoint: null,
    });
    const cpu = process.cpuUsage(cpuBefore);
    const cpuMs = (cpu.user + cpu.system) / 1_000;
    times.push(`${(performance.now() - begun).toFixed(0)} ms (${cpuMs.toFixed(0)} ms of processor)`);
    if (run === 0) console.log(`${outcome} ${reason ?? ""} ${streams.length} streams, ${newEvents} events`);
  }
  console.log(
    `first ${times.join(", then ")}; peak ${(process.resourceUsage().maxRSS / 1_024).toFixed(0)} MB`,
  );
}
