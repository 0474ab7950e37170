import { lstatSync } from "node:fs";
import type { SourceId } from "../core/evidence/stream.ts";
import { agentLogs } from "./agent-logs/index.ts";
import { homePaths } from "./claude-code/paths.ts";
import { codexHomes } from "./codex/paths.ts";
import { geminiHomes } from "./gemini-cli/paths.ts";
import { listLauncherLogs } from "./launcher-log.ts";
import { dataFolders } from "./opencode/paths.ts";
import { absent, type Source, type SourceContext } from "./source.ts";
import { worktreeFiles } from "./worktree-files/index.ts";

/** Every system that leaves evidence, in the order in which the report names them. */
export const sources: readonly Source[] = [
  agentLogs,
  whereUsed("opencode", dataFolders, async () => (await import("./opencode/index.ts")).opencode),
  whereUsed("claude_code", homePaths, async () => (await import("./claude-code/index.ts")).claudeCode),
  whereUsed("codex", codexHomes, async () => (await import("./codex/index.ts")).codex),
  whereUsed("gemini_cli", geminiHomes, async () => (await import("./gemini-cli/index.ts")).geminiCli),
  worktreeFiles,
];

/**
 * A source whose code is loaded only where its agent may have left something: most projects know one agent or two, and
 * loading all takes longer than a look at a small project.
 */
export function whereUsed(
  id: SourceId,
  homesOf: (env: SourceContext["env"]) => readonly string[],
  load: () => Promise<Source>,
): Source {
  return {
    id,
    async collect(context) {
      const isUsed = homesOf(context.env).some(exists) || hasAgentsLog(context);
      return isUsed ? (await load()).collect(context) : absent;
    },
  };
}

// A launcher may have kept what an agent printed: its first record says its type, those of the profiling logs have none.
function hasAgentsLog({ root, since }: SourceContext): boolean {
  return listLauncherLogs(root, since).some(
    ({ first }) => typeof first === "object" && first !== null && "type" in first,
  );
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    // What may not be looked at is the source's to tell.
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
