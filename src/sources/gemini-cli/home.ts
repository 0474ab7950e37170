import { homedir } from "node:os";
import { join } from "node:path";

/** Gemini CLI's one home: `.gemini` below `$GEMINI_CLI_HOME`, else below the home folder. */
export function geminiHomes(env: Readonly<Record<string, string | undefined>>): readonly [string] {
  return [join(env.GEMINI_CLI_HOME || env.HOME || homedir(), ".gemini")];
}
