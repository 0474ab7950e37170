import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { neverOpened } from "../../src/io/never-opened.ts";
import { sources } from "../../src/sources/index.ts";
import { agents, type LaidOutHome, layOut } from "../support/laid-out-home.ts";
import { projectFolder, run } from "../support/program.ts";
import { createDatabase } from "../unit/sources/opencode/database.ts";
import { fill, fixture } from "../unit/sources/opencode/home.ts";

/** Each of them in every home that could be meant. */
const secretFiles = [
  "",
  ".claude/",
  ".config/claude/",
  ".codex/",
  ".gemini/",
  ".local/share/opencode/",
  ".config/",
].flatMap((home) =>
  [...neverOpened, ...sources.flatMap((source) => source.neverOpened ?? [])].map(
    (name) => `${home}${name.endsWith("/") ? `${name}id_ed25519` : name.replace("*", "id")}`,
  ),
);
const hasStrace = existsSync("/usr/bin/strace");
const eventLog = "project/.agents/logs/background_monitoring.jsonl";
const monitorWords = [join(projectFolder, "node_modules/.bin/bun"), join(projectFolder, "src/cli.ts")];

/** The system calls of one recorded run over the home of an agent, in which every secret file lies; one a line. */
async function trace(
  agent: string,
  prepare: (laidOut: LaidOutHome) => void = () => {},
): Promise<{ readonly base: string; readonly calls: readonly string[] }> {
  const laidOut = layOut(agent, "contract");
  const { base, home, project } = laidOut;
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  prepare(laidOut);
  for (const name of secretFiles) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), "{}");
  }
  const out = join(base, "trace");
  const { exitCode, stderr } = await run(
    [
      "strace",
      "-f",
      "-y",
      "-s",
      "300",
      "-o",
      out,
      "-e",
      "trace=%file,%network,%process,%desc,kill,tkill,tgkill",
      ...monitorWords,
    ].concat("--root", project, "--since", "9000d"),
    // The runtime keeps its own cache of compiled sources in the home; the monitor has none.
    { env: { HOME: home, BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0" } },
  );
  expect([exitCode, stderr]).toEqual([0, ""]);
  return { base, calls: readFileSync(out, "utf8").split("\n") };
}

/** An OpenCode database in a home, with what stands beside it: nothing after a clean end, its log after a kill. */
function putDatabase({ base, home, project }: LaidOutHome, isKilled: boolean): void {
  const rows = fixture("failures").map((row) => ({ ...row, directory: "@/.worktrees/alpha" }));
  const made = join(base, "made.db");
  const writer = fill(createDatabase(made), { root: project, share: "", data: "", procfs: "" }, rows);
  if (!isKilled) writer.close();
  const path = join(home, ".local/share/opencode/opencode.db");
  mkdirSync(dirname(path), { recursive: true });
  for (const end of ["", "-wal", "-shm"]) if (existsSync(made + end)) cpSync(made + end, path + end);
  if (isKilled) writer.close();
}

const bytesOf = (path: string) => (existsSync(path) ? readFileSync(path).toString("base64") : null);

// What changes a file, a folder or another process. Threads of the same program and its own memory are not meant.
const changes =
  /^\d+ +(?:(?:open|openat|creat)\(.*O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)|mkdir|rmdir|unlink|rename|link|symlink|chmod|fchmod|chown|fchown|utime|futime|truncate|ftruncate|fallocate|setxattr|flock\(|fcntl\(.*F_(?:OFD_)?SETLKW?|mknod)/;
const reachesOut = /^\d+ +(?:socket\((?!AF_UNIX)|connect\(|bind\(|fork\(|vfork\()/;
const signals = /^\d+ +(?:kill|tkill|tgkill)\(/;

describe.skipIf(!hasStrace)(
  "a run over every file of an agent (traced with strace, where it is installed)",
  () => {
    it("leaves nothing beside a database of OpenCode that nobody has open", async () => {
      const { base, calls } = await trace("opencode", (laidOut) => putDatabase(laidOut, false));
      const beside = readdirSync(join(base, "home/.local/share/opencode"));
      expect(beside.filter((name) => name.startsWith("opencode.db"))).toEqual(["opencode.db"]);
      expect(calls.filter((call) => call.includes("opencode.db") && changes.test(call))).toEqual([]);
    });

    // An index without data, which SQLite makes anew after a kill; the lock is a reader's, which hinders no writer.
    it("changes of a database that was left by a kill only SQLite's index", async () => {
      const before: (string | null)[] = [];
      const data = "home/.local/share/opencode";
      const files = (base: string) =>
        ["opencode.db", "opencode.db-wal"].map((name) => bytesOf(join(base, data, name)));
      const { base, calls } = await trace("opencode", (laidOut) => {
        putDatabase(laidOut, true);
        before.push(...files(laidOut.base));
      });
      const done = calls.filter((call) => call.includes("opencode.db") && changes.test(call));
      const ofReader =
        /opencode\.db-shm|F_SETLK, \{l_type=F_(?:RD|UN)LCK|openat\(.*opencode\.db-wal|fchown\(.*opencode\.db-wal/;
      expect(done.filter((call) => !ofReader.test(call) && !call.includes(" = -1 "))).toEqual([]);
      expect([files(base), before.every((bytes) => bytes !== null)]).toEqual([before, true]);
    });

    it.each(agents)("changes nothing but its own log: %s", async (agent) => {
      const { base, calls } = await trace(agent);
      const done = calls.filter((call) => !call.includes(" ENOENT ") && !call.includes("O_PATH"));
      const own = (call: string) =>
        call.includes(join(base, "project/.agents")) || /"\/dev\/(?:null|tty)"|<\/dev\/null>/.test(call);
      expect(done.filter((call) => changes.test(call) && !own(call))).toEqual([]);
      expect(done.filter((call) => reachesOut.test(call))).toEqual([]);
      expect(done.filter((call) => /execve\(/.test(call))).toHaveLength(1);
      expect(done.filter((call) => signals.test(call) && !/, 0\)/.test(call))).toEqual([]);
      expect(calls.filter((call) => secretFiles.some((name) => call.includes(`/home/${name}"`)))).toEqual([]);
      expect(calls.some((call) => call.includes(eventLog))).toBe(true);
    });
  },
);
