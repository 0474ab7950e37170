import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Processes } from "../../src/io/processes/processes.ts";
import { readProcesses } from "../../src/io/processes/read-processes.ts";
import { listWorktrees } from "../../src/io/worktrees.ts";
import { sources } from "../../src/sources/index.ts";
import type { SourceContext } from "../../src/sources/source.ts";
import { sourceContext } from "./source-context.ts";

const homes = fileURLToPath(new URL("../../fixtures/homes/", import.meta.url));
/** The project's place in fixtures; the slug is how Claude Code writes it in a folder's name. */
const placeholder = "/srv/demo";
const slug = (path: string): string => path.replace(/[^a-zA-Z0-9]/g, "-");

/** The folder in `fixtures/homes/` of each registered source. */
export const agents = sources.map(({ id }) => id.replaceAll("_", "-"));

/** When every fixture file was written last; the newest record in a fixture is as old. */
export const writtenAt = Date.parse("2026-01-15T12:00:00Z");

/**
 * A case of `fixtures/homes/<agent>/` as it lies on disk: the case's folder is HOME, its `project/` the project with the
 * worktree `alpha`. `/srv/demo` stands for the project in names and texts, `dot-git` for `.git`.
 */
export type LaidOutHome = {
  readonly base: string;
  readonly home: string;
  readonly project: string;
  readonly worktree: string;
  readonly procfs: string;
  /** What a source gets to look with, a minute after the last record and with no process running. */
  context(changes?: Partial<SourceContext>): SourceContext;
};

/** Lays out a case in a temporary folder of its own. */
export function layOut(agent: string, name: string): LaidOutHome {
  const fixture = join(homes, agent, name);
  if (!existsSync(fixture))
    throw new Error(
      `fixtures/homes/${agent}/${name}/ is missing: every registered source has one (see test/unit/sources/contract.test.ts)`,
    );
  const base = realpathSync(mkdtempSync(join(tmpdir(), "monitor-home-")));
  const [home, project] = [join(base, "home"), join(base, "project")];
  cpSync(fixture, home, { recursive: true });
  if (existsSync(join(home, "project"))) renameSync(join(home, "project"), project);
  mkdirSync(join(project, ".worktrees", "alpha"), { recursive: true });
  for (const folder of [home, project]) rewrite(folder, project);
  return withPlaces(base);
}

/** A home and a project in which no agent was ever used. */
export function layOutNothing(): LaidOutHome {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "monitor-home-")));
  for (const name of ["home", "project"]) mkdirSync(join(base, name));
  return withPlaces(base);
}

/** Puts a link that leads nowhere but to itself in the place of whatever the agent keeps: it is there, and nobody can read it. */
export function makeUnreadable({ home, project }: LaidOutHome): void {
  const kept = readdirSync(home).map((name) => join(home, name));
  for (const path of kept.length > 0 ? kept : [project]) {
    rmSync(path, { recursive: true });
    symlinkSync(path, path);
  }
}

/** Every file below a folder with its bytes and times: what a look must leave as it was. */
export function snapshot(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const stats = lstatSync(join(folder, name), { bigint: true });
      const bytes = stats.isFile() ? Bun.hash(readFileSync(join(folder, name))).toString(36) : "";
      return `${name} ${stats.mode} ${stats.mtimeNs} ${stats.size} ${bytes}`;
    });
}

function withPlaces(base: string): LaidOutHome {
  const [home, project, procfs] = [join(base, "home"), join(base, "project"), join(base, "procfs")];
  mkdirSync(procfs);
  writeFileSync(join(procfs, "uptime"), "4000.00 4000.00\n");
  writeFileSync(join(procfs, "locks"), "");
  const now = writtenAt + 60_000;
  const processes: Processes = readProcesses(procfs, now);
  return {
    base,
    home,
    project,
    worktree: join(project, ".worktrees", "alpha"),
    procfs,
    context: (changes = {}) =>
      sourceContext(project, now, {
        worktrees: listWorktrees(project),
        env: { HOME: home },
        processes,
        ...changes,
      }),
  };
}

function rewrite(folder: string, project: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = entry.name.replaceAll(slug(placeholder), slug(project)).replace(/^dot-git/, ".git");
    const path = join(folder, name);
    if (name !== entry.name) renameSync(join(folder, entry.name), path);
    if (entry.isDirectory()) rewrite(path, project);
    else {
      const text = readFileSync(path, "utf8").replaceAll(placeholder, project);
      writeFileSync(path, text);
    }
    utimesSync(path, writtenAt / 1_000, writtenAt / 1_000);
  }
}
