import { Database } from "bun:sqlite";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { projectFolder } from "../program.ts";
import { layOut, writtenAt } from "../sources/laid-out-home.ts";
import { createDatabase } from "../sources/opencode/database.ts";
import { fill, now as openCodeNow, Rows } from "../sources/opencode/home.ts";
import { changeAt, findLeaves, plant, sortOf, textsIn } from "./leaves.ts";
import type { Place } from "./outputs.ts";

/** One text that a source reads. `put` changes it and gives a function that puts it back. */
export type Planting = {
  readonly field: string;
  /** Whether a text can stand there; everywhere, where it is not said. */
  fits?(text: string): boolean;
  put(change: (text: string) => string): () => void;
};

/** A home and a project with what one agent left there, and every text in it. */
export type PlantedPlace = {
  readonly name: string;
  readonly place: Place;
  readonly plantings: readonly Planting[];
  remove(): void;
};

const fixtures = join(projectFolder, "fixtures");
const dayEnd = Date.parse("2026-11-22T14:32:00Z");

/** Every place with the texts of one agent, laid out when it is asked for. */
export const makers: readonly { readonly name: string; make(): PlantedPlace }[] = [
  ...["agent-logs", "claude-code", "codex", "gemini-cli", "opencode", "worktree-files"].flatMap((agent) =>
    readdirSync(join(fixtures, "homes", agent))
      .filter((name) => !name.endsWith(".json"))
      .map((name) => ({ name: `${agent}/${name}`, make: () => homePlace(agent, name) })),
  ),
  ...readdirSync(join(fixtures, "homes/opencode"))
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name: `opencode.db/${name}`, make: () => databasePlace(name) })),
  ...readdirSync(join(fixtures, "workspaces")).map((name) => ({
    name: `workspaces/${name}`,
    make: () => workspacePlace(name),
  })),
  { name: "names/of-files-and-folders", make: namesPlace },
];

function homePlace(agent: string, name: string): PlantedPlace {
  const { base, project, home, procfs } = layOut(agent, name);
  return {
    name: `${agent}/${name}`,
    place: { project, home, procfs, now: writtenAt + 60_000 },
    plantings: textsBelow(base, agent),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

function workspacePlace(name: string): PlantedPlace {
  const { project, place, remove } = emptyPlace(dayEnd);
  cpSync(join(fixtures, "workspaces", name), project, { recursive: true });
  return { name: `workspaces/${name}`, place, plantings: textsBelow(project, "project"), remove };
}

/** OpenCode's database with the rows of a fixture, its log, its plugin's heartbeat and plan. */
function databasePlace(name: string): PlantedPlace {
  const { project, home, place, remove } = emptyPlace(openCodeNow);
  const data = join(home, ".local/share/opencode");
  const worktree = join(project, ".worktrees/flag");
  for (const folder of [data, worktree]) mkdirSync(folder, { recursive: true });
  const path = join(data, "opencode.db");
  const rows = Rows.parse(JSON.parse(readFileSync(join(fixtures, "homes/opencode", name), "utf8")));
  const database = createDatabase(path);
  fill(database, { root: project, share: dirname(data), data, procfs: place.procfs }, rows);
  database.close();
  const at = new Date(openCodeNow - 1_000).toISOString();
  write(
    join(data, "log/opencode.log"),
    `timestamp=${at} level=ERROR run=e916611c message="stream error" providerID=p session.id=ses_flag small=false error.error="AI_APICallError: overloaded"\n`,
  );
  write(
    join(data, "storage/oh-my-openagent/tui-state/0123456789abcdef.json"),
    JSON.stringify({
      projectDir: worktree,
      updatedAt: openCodeNow - 2_000,
      activeAgents: [{ name: "build", status: "retry" }],
      jobBoard: [{ title: "Find the tests", status: "running" }],
    }),
  );
  write(join(worktree, ".omo/plan.md"), "- [x] 1. Read\n- [ ] 2. Test\n");
  write(
    join(worktree, ".omo/boulder.json"),
    JSON.stringify({ active_plan: join(worktree, ".omo/plan.md"), session_ids: ["ses_flag"] }),
  );
  return {
    name: `opencode.db/${name}`,
    place,
    plantings: [...textsBelow(dirname(project), "opencode"), ...textsInDatabase(path)],
    remove,
  };
}

/** A project in which what is planted is the name of a file or folder. */
function namesPlace(): PlantedPlace {
  const { project, home, place, remove } = emptyPlace(dayEnd);
  const worktree = join(project, ".worktrees/a");
  const slug = worktree.replace(/[^a-zA-Z0-9]/g, "-");
  const claim = JSON.stringify({ status: "running", updatedAt: dayEnd - 60_000 });
  const claude = JSON.stringify({ type: "user", cwd: worktree, timestamp: "2026-11-22T14:30:00Z" });
  const codex = JSON.stringify({ type: "session_meta", payload: { id: "t1", cwd: worktree } });
  const call = JSON.stringify({ tool: "edit", ok: false, timestamp: dayEnd - 60_000, task_id: "bg_1" });
  write(join(worktree, "status.json"), claim);
  write(join(home, ".gemini/tmp/p/.project_root"), worktree);
  const places: readonly (readonly [string, string, string])[] = [
    [join(project, ".worktrees"), "/status.json", claim],
    [join(project, ".worktrees"), "/status.json", "{"],
    [worktree, "/src/app.ts", ""],
    [worktree, ".ts", ""],
    [join(project, ".agents/logs"), ".jsonl", `${call}\nno JSON\n`],
    [join(project, ".agents/logs"), "_challenges.jsonl", "{}\n"],
    [join(home, ".claude/projects", slug), ".jsonl", `${claude}\nno JSON\n`],
    [join(home, ".claude/projects", slug, "s1/subagents/agent-"), ".jsonl", `${claude}\n`],
    [join(home, ".codex/sessions/2026/11/22/rollout-"), ".jsonl", `${codex}\nno JSON\n`],
    [join(home, ".gemini/tmp/p/chats/session-"), ".jsonl", '{"sessionId":"g1"}\nno JSON\n'],
    [join(home, ".gemini/tmp/p/chats/session-"), ".json", "no JSON"],
    [join(home, ".local/share/opencode/storage/session"), "/ses_1.json", "no JSON"],
    [join(home, ".local/share/opencode/opencode-"), ".db", "no database"],
  ];
  const plantings = places.map(([before, after, text]) => ({
    field: `the name in ${relative(dirname(project), before)}…${after}`,
    fits: (text: string) => !/[/\u0000]/.test(text),
    put(change: (name: string) => string) {
      const name = change("n");
      const path = before.endsWith("-") ? `${before}${name}${after}` : join(before, `${name}${after}`);
      write(path, text);
      return () => rmSync(path, { recursive: true, force: true });
    },
  }));
  return { name: "names", place, plantings, remove };
}

function emptyPlace(now: number) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "planted-")));
  const [project, home, procfs] = [join(base, "project"), join(base, "home"), join(base, "procfs")];
  for (const folder of [project, home, procfs]) mkdirSync(folder);
  write(join(procfs, "uptime"), "86400.00 86400.00\n");
  write(join(procfs, "stat"), `btime ${Math.round(now / 1_000) - 86_400}\n`);
  write(join(procfs, "locks"), "");
  const place: Place = { project, home, procfs, now };
  return { project, home, place, remove: () => rmSync(base, { recursive: true, force: true }) };
}

/** Every text of a JSON file, and every line of another file. */
function textsBelow(folder: string, agent: string): Planting[] {
  const leaves = findLeaves(folder).map((leaf) => ({
    field: `${agent} ${fieldOf(leaf.file, leaf.sort, leaf.path)}`,
    put: keepingTime(leaf.file, (change) => plant(leaf.file, [leaf], change)),
  }));
  const lines = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.jsonl?$|\.db(-\w+)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes("/procfs/"))
    .map((file) => ({
      field: `${agent} a line of ${basename(file)}`,
      put: keepingTime(file, inLines(file)),
    }));
  return [...leaves, ...lines];
}

const inLines = (file: string) => (change: (text: string) => string) => {
  const before = readFileSync(file);
  writeFileSync(file, before.toString("utf8").replace(/^.+$/gm, change));
  return () => writeFileSync(file, before);
};

// A session that was written just now is another session.
const keepingTime =
  (file: string, put: Planting["put"]): Planting["put"] =>
  (change) => {
    const { atime, mtime } = statSync(file);
    const undo = put(change);
    utimesSync(file, atime, mtime);
    return () => {
      undo();
      utimesSync(file, atime, mtime);
    };
  };

const textColumns = {
  session: ["id", "parent_id", "directory", "title", "version", "agent"],
  message: ["id"],
  part: ["id"],
  todo: ["content", "status"],
} as const;

/** Every text column of every row, and every text in the JSON of `data`. */
function textsInDatabase(path: string): Planting[] {
  const database = new Database(path, { readonly: true });
  const rowsOf = (table: string) =>
    database.query<Record<string, unknown>, []>(`SELECT rowid AS place, * FROM ${table}`).all();
  const columns = Object.entries(textColumns).flatMap(([table, names]) =>
    rowsOf(table).flatMap((row) =>
      names
        .filter((name) => typeof row[name] === "string")
        .map((name) => ({
          field: `opencode.db ${table}.${name}`,
          put: (change: (text: string) => string) =>
            update(path, table, name, Number(row.place), String(row[name]), change),
        })),
    ),
  );
  const inData = ["message", "part"].flatMap((table) =>
    rowsOf(table).flatMap((row) => {
      const data: unknown = JSON.parse(String(row.data));
      return textsIn(data).map((leaf) => ({
        field: `opencode.db ${table}.data ${fieldOf("x.json", sortOf(data), leaf)}`,
        put: (change: (text: string) => string) =>
          update(path, table, "data", Number(row.place), String(row.data), () =>
            JSON.stringify(changeAt(data, leaf, change)),
          ),
      }));
    }),
  );
  database.close();
  return [...columns, ...inData];
}

function update(
  path: string,
  table: string,
  column: string,
  place: number,
  before: string,
  change: (text: string) => string,
): () => void {
  const set = (text: string) => {
    const database = new Database(path);
    database.query(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(text, place);
    database.close();
  };
  set(change(before));
  return () => set(before);
}

// Which kind of file and record it is, and the keys that lead to the text in it.
function fieldOf(file: string, sort: string, path: readonly (string | number)[]): string {
  const names = path.filter((key) => !/^\d+$/.test(String(key)));
  return `${/\.(\w+)$/.exec(file)?.[1]} ${sort} ${names.join(".")}`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
