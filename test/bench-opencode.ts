// bun run bench:opencode [folder]: builds an OpenCode database of about 2 GB (3,000 sessions, 250,000 parts, 500,000
// events; 50 sessions live), prints the time of a look at it, cold and warm, and its peak memory, and deletes it again.
// Every look is the first one of its process, as cron's are; times are medians, the processes' start-up apart.

import { Database } from "bun:sqlite";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
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
import { sourceContext } from "./sources/source-context.ts";

const sessions = 3_000;
const messagesEach = 21;
const partsEach = 4;
const events = 500_000;
const eventBytes = 3_200;
const live = 50;
const now = Date.parse("2026-11-22T14:10:00Z");

type Look = { readonly found: string; readonly ms: number; readonly megabytes: number };

if (process.argv[2] === "look")
  await look(process.argv[3] ?? "", process.argv[4] ?? "", process.argv[5] ?? "");
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
    const looks = (kind: string, count: number, before: () => void = () => {}) =>
      print(
        kind,
        Array.from({ length: count }, () => lookApart(kind, top, root, before)),
      );
    looks("cold", 5, () => dropFromCache(path));
    looks("warm, nothing kept", 9);
    looks("warm tick", 9);
    let steps = 0;
    looks("warm tick, a step more in each session", 9, () => {
      steps += 1;
      addSteps(path, steps);
    });
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function lookApart(kind: string, top: string, root: string, before: () => void): Look {
  before();
  const words = [import.meta.path, "look", root, join(top, "share"), kind];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout);
}

function print(kind: string, looks: readonly Look[]): void {
  const times = looks.map(({ ms }) => ms).sort((a, b) => a - b);
  const [first, middle, last] = [times[0], times[Math.floor(times.length / 2)], times.at(-1)];
  const peak = Math.max(...looks.map(({ megabytes }) => megabytes));
  console.log(
    `${kind.padEnd(40)} ${middle} ms (${first} to ${last}); ${looks.at(-1)?.found}; peak ${peak} MB`,
  );
}

// What a model's step adds: a message with its call, a minute before the look.
function addSteps(path: string, steps: number): void {
  const database = new Database(path);
  const at = now - 60_000 + steps;
  for (let index = sessions - live; index < sessions; index += 1) {
    const message = {
      role: "assistant",
      agent: "build",
      time: { created: at, completed: at },
      finish: "tool-calls",
    };
    const state = {
      status: "completed",
      input: { filePath: `/srv/demo/${steps}.ts` },
      output: "y",
      time: { start: at, end: at },
    };
    const id = `${idAt("msg", at, steps)}${index}`;
    database
      .query("INSERT INTO message VALUES (?, ?, ?, ?, ?)")
      .run(id, `ses_${index}`, at, at, JSON.stringify(message));
    database
      .query("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)")
      .run(
        `${idAt("prt", at, steps)}${index}`,
        id,
        `ses_${index}`,
        at,
        at,
        JSON.stringify({ type: "tool", tool: "read", state }),
      );
  }
  database.close();
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

async function look(root: string, share: string, kind: string): Promise<void> {
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
  const keptFile = join(share, "kept.json");
  const begun = performance.now();
  // Reading and writing what is kept belongs to a tick.
  const kept: unknown = kind.startsWith("warm tick") ? JSON.parse(readFileSync(keptFile, "utf8")) : null;
  const { streams, newEvents, outcome, checkpoint } = await opencode.collect(
    sourceContext(root, now, {
      worktrees,
      env: { XDG_DATA_HOME: share },
      processes: readProcesses(procfs, now),
      checkpoint: kept,
    }),
  );
  writeFileSync(keptFile, JSON.stringify(checkpoint));
  const found: Look = {
    found: `${outcome} ${streams.length} sessions, ${newEvents} new events`,
    ms: Math.round(performance.now() - begun),
    megabytes: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
  console.log(JSON.stringify(found));
}
