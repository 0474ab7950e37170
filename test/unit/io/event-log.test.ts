import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MonitoringEvent } from "../../../src/core/log/event.ts";
import { appendEvents, readEventLog } from "../../../src/io/event-log.ts";
import { run as runProgram } from "../../support/program.ts";
import { makeWorkspace } from "../../support/workspace.ts";

const module = JSON.stringify(join(import.meta.dirname, "../../../src/io/event-log.ts"));
const name = ".agents/logs/background_monitoring.jsonl";
const time = "2026-11-22T14:32:00Z";

function event(id: string, reason = "no_activity"): MonitoringEvent {
  return {
    specversion: "1.0",
    id,
    source: "/agent-monitor/host/shop",
    subject: "bg_1",
    type: "agentmonitor.task.health_still.v1",
    time,
    data: {
      timestamp: time,
      task_id: "bg_1",
      host: "host",
      root: "/srv/demo/shop",
      reader: "ada@host",
      run_id: "run",
      title: "Search",
      worktree: null,
      agent_kind: "unknown",
      agent_name: null,
      category: null,
      session_id: null,
      health: "stuck",
      reason,
      state_type: "hard",
      first_seen: time,
      last_seen: time,
      count: 3,
    },
  };
}

/** As much of a run as is read back. */
const run = {
  id: "run",
  time,
  type: "agentmonitor.run.v1",
  data: { reader: "ada@host", trigger: "cron", interval_s: null, tasks: {}, told: null },
};

const ids = (path: string) => readEventLog(path).events.map(({ id }) => id);

describe("the event log", () => {
  it("creates the log for its owner alone, and its folder", () => {
    const path = makeWorkspace().path(name);
    appendEvents(path, [event("1")]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readEventLog(path)).toMatchObject({ events: [{ id: "1" }], skippedLines: 0, trouble: null });
  });

  it("appends a line for each event and changes nothing that stands there", () => {
    const path = makeWorkspace().path(name);
    appendEvents(path, [event("1"), event("2")]);
    const before = readFileSync(path, "utf8");
    appendEvents(path, [event("3")]);
    expect(readFileSync(path, "utf8")).toBe(`${before}${JSON.stringify(event("3"))}\n`);
  });

  it("begins no new log in the place of one that was read and is gone", () => {
    const path = makeWorkspace().path(".agents/logs/background_monitoring.jsonl");
    expect(() => appendEvents(path, [event("1")], true)).toThrow(/ENOENT/);
    expect(existsSync(path)).toBe(false);
  });

  it("creates nothing when there is nothing to record", () => {
    const workspace = makeWorkspace();
    appendEvents(workspace.path(name), []);
    expect(statSync(workspace.path(".agents"), { throwIfNoEntry: false })).toBeUndefined();
  });

  it("closes a torn last line in the same append, skips and counts it", () => {
    const path = makeWorkspace().write(
      name,
      `${JSON.stringify(event("1"))}\n${JSON.stringify(event("2")).slice(0, 50)}`,
    );
    appendEvents(path, [event("3")]);
    expect(readFileSync(path, "utf8").split("\n")).toHaveLength(4);
    expect(readEventLog(path)).toMatchObject({ events: [{ id: "1" }, { id: "3" }], skippedLines: 1 });
  });

  it("skips and counts lines that are none of its events", () => {
    const lines = [
      "",
      "{",
      "null",
      "[]",
      '{"type":"agentmonitor.run.v2"}',
      "\u0000",
      JSON.stringify(event("1")),
    ];
    const path = makeWorkspace().write(name, `${lines.join("\n")}\n`);
    expect(readEventLog(path)).toMatchObject({ events: [{ id: "1" }], skippedLines: 5 });
  });

  it("reads past any number of empty and short lines", () => {
    const workspace = makeWorkspace();
    const path = workspace.path(name);
    appendEvents(path, [event("1")]);
    appendFileSync(path, `${"\n".repeat(200_000)}${"{}\n".repeat(1_000)}`);
    appendEvents(path, [event("2")]);
    const { events, skippedLines } = readEventLog(path);
    expect([events.map(({ id }) => id), skippedLines]).toEqual([["1", "2"], 1_000]);
  });

  it("is empty when it is not there", () => {
    expect(readEventLog(makeWorkspace().path(name))).toMatchObject({
      events: [],
      skippedLines: 0,
      trouble: null,
    });
  });

  it.each([
    ["the end of a long log", [run], ["run"]],
    ["more of it where no run stands at its end", [event("new")], ["old", "new"]],
  ])("remembers %s", (_, last, remembered) => {
    const path = makeWorkspace().write(name, "");
    appendEvents(path, [event("old")]);
    appendFileSync(path, `${"x".repeat(5 * 1024 * 1024)}\n`);
    appendFileSync(path, last.map((each) => `${JSON.stringify(each)}\n`).join(""));
    expect(ids(path)).toEqual(remembered);
  });

  it("is begun by several runs at once, each of which makes its folder", async () => {
    const folder = makeWorkspace().path("projects");
    const script = `
      const { appendEvents } = await import(${module});
      const [folder, writer, line, name] = process.argv.slice(1);
      for (let i = 0; i < 300; i++)
        appendEvents(folder + "/" + i + "/" + name, [{ ...JSON.parse(line), id: writer }]);`;
    const writers = ["1", "2", "3"];
    const ran = await Promise.all(
      writers.map((writer) =>
        runProgram(["bun", "-e", script, folder, writer, JSON.stringify(event(writer)), name]),
      ),
    );
    expect(ran.map(({ stderr }) => stderr)).toEqual(["", "", ""]);
    for (let i = 0; i < 300; i++) expect(ids(join(folder, String(i), name)).sort()).toEqual(writers);
  });

  it("keeps the lines of 8 writers in parallel whole", async () => {
    const path = makeWorkspace().path(name);
    const script = `
      const { appendEvents } = await import(${module});
      const [path, writer, line] = process.argv.slice(1);
      const event = JSON.parse(line);
      for (let i = 0; i < 25; i++)
        appendEvents(path, [{ ...event, id: writer + "a" + i }, { ...event, id: writer + "b" + i }]);`;
    const line = JSON.stringify(event("x", "r".repeat(3_000)));
    const writers = Array.from({ length: 8 }, (_, index) =>
      runProgram(["bun", "-e", script, path, `w${index}`, line]),
    );
    const ran = await Promise.all(writers);
    expect(ran.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(ran.map(() => [0, ""]));
    const found = ids(path);
    expect(readEventLog(path).skippedLines).toBe(0);
    expect(new Set(found).size).toBe(8 * 25 * 2);
    // The events of one append stay together.
    expect(
      found
        .filter((_, index) => index % 2 === 0)
        .every((id, index) => found[index * 2 + 1] === id.replace("a", "b")),
    ).toBe(true);
  });

  it.each<readonly [string, (path: string, root: string) => unknown]>([
    ["a symbolic link", (path, root) => symlinkSync(join(root, "elsewhere"), path)],
    ["a folder", (path) => mkdirSync(path)],
    ["a FIFO", (path) => Bun.spawnSync(["mkfifo", path])],
    ["a device that is full", (path) => symlinkSync("/dev/full", path)],
  ])("refuses %s in its place", (_, make) => {
    const workspace = makeWorkspace();
    mkdirSync(workspace.path(".agents/logs"), { recursive: true });
    make(workspace.path(name), workspace.root);
    expect(() => appendEvents(workspace.path(name), [event("1")])).toThrow();
    expect(statSync(workspace.path("elsewhere"), { throwIfNoEntry: false })).toBeUndefined();
  });

  it("refuses a file in place of its folder", () => {
    const workspace = makeWorkspace();
    workspace.write(".agents/logs", "");
    expect(() => appendEvents(workspace.path(name), [event("1")])).toThrow();
  });

  it("fails when the disk takes only part of it, and heals that next time", async () => {
    const path = makeWorkspace().path(name);
    appendEvents(path, [event("1")]);
    const script = `
      const { appendEvents } = await import(${module});
      process.on("SIGXFSZ", () => {});
      try { appendEvents(process.argv[1], [JSON.parse(process.argv[2])]); }
      catch (error) { console.log(error.message); process.exitCode = 3; }`;
    // The limit counts blocks of 512 bytes here and 1,024 bytes there: the line is longer than both.
    const { exitCode, stdout } = await runProgram([
      "sh",
      "-c",
      'ulimit -f 4; exec bun -e "$1" "$2" "$3"',
      "sh",
      script,
      path,
      JSON.stringify(event("2", "r".repeat(9_000))),
    ]);
    expect([exitCode, stdout]).toEqual([3, expect.stringMatching(/could be written|EFBIG/)]);
    appendEvents(path, [event("3")]);
    expect(readEventLog(path)).toMatchObject({ events: [{ id: "1" }, { id: "3" }], skippedLines: 1 });
  });

  it("keeps the mode that a log already has", () => {
    const path = makeWorkspace().write(name, "");
    chmodSync(path, 0o640);
    appendEvents(path, [event("1")]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });
});
