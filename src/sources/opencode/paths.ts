// The database is `opencode.db`, `opencode-<channel>.db` for other release channels, or what `OPENCODE_DB` says (since 1.3.2).
import { readdirSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { folderState } from "../../io/folders.ts";
import { CannotRead } from "../../io/open-file.ts";

export type Locations = {
  /** OpenCode's data folder. */
  readonly data: string;
  readonly databases: readonly string[];
  /** The folder of the JSON generation; null when there is none. */
  readonly storage: string | null;
  readonly log: string;
  /** Where the plugin writes its heartbeat. */
  readonly heartbeats: string;
};

/**
 * Where OpenCode's files are; null when it was never used here.
 * @throws {CannotRead} when the folder may not be read.
 */
export function locate(env: Readonly<Record<string, string | undefined>>): Locations | null {
  const [data] = dataFolders(env);
  if (data === undefined) return null;
  const state = folderState(data);
  if ("reason" in state) throw new CannotRead(state.outcome, state.reason);
  const storage = join(data, "storage");
  const databases = findDatabases(data, env.OPENCODE_DB);
  const hasStorage = statSync(join(storage, "session"), { throwIfNoEntry: false })?.isDirectory() === true;
  if (databases.length === 0 && !hasStorage) return null;
  return {
    data,
    databases,
    storage: hasStorage ? storage : null,
    log: join(data, "log"),
    heartbeats: join(storage, "oh-my-openagent", "tui-state"),
  };
}

function findDatabases(data: string, named: string | undefined): string[] {
  const found = new Set<string>();
  if (named && named !== ":memory:") {
    const path = isAbsolute(named) ? named : join(data, named);
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) found.add(path);
  }
  for (const name of list(data)) {
    if (/^opencode(-[\w.-]+)?\.db$/.test(name)) found.add(join(data, name));
  }
  return [...found].sort();
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** OpenCode's data folder: `$XDG_DATA_HOME/opencode`, else `~/.local/share/opencode`, on macOS and Windows too; none without a home. */
export function dataFolders(
  env: Readonly<Record<string, string | undefined>>,
): readonly [] | readonly [string] {
  if (env.XDG_DATA_HOME) return [join(env.XDG_DATA_HOME, "opencode")];
  return env.HOME ? [join(env.HOME, ".local", "share", "opencode")] : [];
}
