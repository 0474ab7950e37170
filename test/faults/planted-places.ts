import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { agents, layOut, writtenAt } from "../support/laid-out-home.ts";
import { projectFolder } from "../support/program.ts";
import { createDatabase } from "../unit/sources/opencode/database.ts";
import { fill, now as openCodeNow, Rows } from "../unit/sources/opencode/home.ts";
import type { Place } from "./outputs.ts";
import { type Planting, textsBelow, textsInDatabase } from "./plantings.ts";

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
  ...agents.flatMap((agent) =>
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
      // Some kinds count only where no word goes before them.
      const path = before.endsWith("-") ? `${before}x ${name}${after}` : join(before, `${name}${after}`);
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

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
