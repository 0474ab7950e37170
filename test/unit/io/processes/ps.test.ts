import { describe, expect, it } from "vitest";
import { type Run, readPs } from "../../../../src/io/processes/ps.ts";

const printed: Readonly<Record<string, string>> = {
  ps: [
    "    1 Ss   Sun Nov 22 13:20:03 2026     /sbin/launchd",
    "  501 S+   Sun Nov 22 14:33:49 2026     claude",
    "  502 Z    Sun Nov  1 04:33:49 2026     (node)",
    "  777 Ss   Sun Nov 22 13:21:00 2026     /Applications/Some App.app/Contents/MacOS/Some App",
    "",
  ].join("\n"),
  lsof: [
    "p501",
    "fcwd",
    "n/srv/demo/.worktrees/a",
    "f3",
    "n/srv/demo/log.jsonl",
    "f4",
    "n->0x1234",
    "f5",
    "n/srv/caf\\xc3\\xa9/a\\\\b",
    "",
  ].join("\n"),
  sysctl: "{ sec = 1795353600, usec = 12 } Sun Nov 22 13:20:00 2026\n",
};
const run: Run = (command) => printed[command] ?? null;

describe("readPs", () => {
  it("finds a running process with its name and start", () => {
    expect(readPs(run).look(501)).toEqual({
      state: "alive",
      startTicks: null,
      startedAt: Date.UTC(2026, 10, 22, 14, 33, 49),
      command: "claude",
      says: "pid 501 is running",
    });
  });

  it.each([
    [502, "gone", "pid 502 is a zombie"],
    [503, "gone", "pid 503 does not exist"],
    [777, "alive", "pid 777 is running"],
  ])("tells that pid %i is %s", (pid, state, says) => {
    expect(readPs(run).look(pid)).toMatchObject({ state, says });
  });

  it("takes a name with spaces whole", () => {
    expect(readPs(run).look(777).command).toBe("Some App");
  });

  it("knows when the machine booted", () => {
    expect(readPs(run).bootedAt).toBe(1_795_353_600_000);
  });

  it("lists open files, and whose are hidden", () => {
    const files = readPs(run).openFiles();
    expect(files?.pids.get("/srv/demo/log.jsonl")).toEqual([501]);
    expect([...(files?.unseen ?? [])]).toEqual(["launchd", "Some App"]);
  });

  it("gives a path as it is written where lsof escapes its bytes", () => {
    expect(readPs(run).openFiles()?.pids.get("/srv/café/a\\b")).toEqual([501]);
  });

  it("says unknown, never gone, when ps cannot be run", () => {
    const processes = readPs(() => null);
    expect(processes.outcome).toBe("absent");
    expect(processes.look(501).state).toBe("unknown");
    expect(processes.openFiles()).toBeNull();
  });
});
