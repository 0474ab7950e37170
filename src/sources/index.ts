import { neverOpen } from "../io/never-opened.ts";
import { agentLogs } from "./agent-logs/index.ts";
import { claudeCode } from "./claude-code/index.ts";
import { codex } from "./codex/index.ts";
import { geminiCli } from "./gemini-cli/index.ts";
import { opencode } from "./opencode/index.ts";
import type { Source } from "./source.ts";
import { worktreeFiles } from "./worktree-files/index.ts";

/** Every system that leaves evidence, in the order in which the report names them. */
export const sources: readonly Source[] = [agentLogs, opencode, claudeCode, codex, geminiCli, worktreeFiles];

for (const { neverOpened = [] } of sources) neverOpen(neverOpened);
