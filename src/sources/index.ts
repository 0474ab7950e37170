import { agentLogs } from "./agent-logs/index.ts";
import { homePaths } from "./claude-code/homes.ts";
import { codexHomes } from "./codex/home.ts";
import { geminiHomes } from "./gemini-cli/home.ts";
import { dataFolders } from "./opencode/data-folder.ts";
import type { Source } from "./source.ts";
import { whereUsed } from "./where-used.ts";
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
