import { join } from "node:path";

/** OpenCode's data folder: `$XDG_DATA_HOME/opencode`, else `~/.local/share/opencode`, on macOS and Windows too; none without a home. */
export function dataFolders(
  env: Readonly<Record<string, string | undefined>>,
): readonly [] | readonly [string] {
  if (env.XDG_DATA_HOME) return [join(env.XDG_DATA_HOME, "opencode")];
  return env.HOME ? [join(env.HOME, ".local", "share", "opencode")] : [];
}
