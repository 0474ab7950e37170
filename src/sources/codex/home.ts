import { homedir } from "node:os";
import { join } from "node:path";

/** Codex' one home: `$CODEX_HOME`, else `~/.codex`. */
export function codexHomes(env: Readonly<Record<string, string | undefined>>): readonly [string] {
  return [env.CODEX_HOME || join(env.HOME || homedir(), ".codex")];
}
