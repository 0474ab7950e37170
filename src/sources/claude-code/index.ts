import type { Source } from "../source.ts";
import { homePaths, isClaudeLog } from "./paths.ts";

/**
 * Claude Code (seen in 1.0.128, 2.0.76, 2.1.197 and 2.1.330):
 * - a session is `projects/<slug of the folder it was started in>/<session id>.jsonl`; sub-agents lie below it (2.1),
 *   beside it (2.0) or inside it as side-chain records (1.0). Files are appended to; a resumed session goes on in its
 *   file, a forked one copies the history into a new file: the newest session of a worktree is the current one;
 * - the end of a turn is not the end of the work: background shells and sub-agents are told of when they end;
 * - nothing is written while a permission prompt is open or when the process is killed: `sessions/<pid>.json` (2.1)
 *   tells both apart from a running tool, and is removed at a clean exit;
 * - `stream-json` output has other key names (`session_id`, `tool_use_result`), and no times at all before 2.1.
 * `.credentials.json` and `daemon/roster.json` hold tokens and are never opened.
 */
export const claudeCode: Source = {
  id: "claude_code",
  kind: "transcript",
  homes: homePaths,
  ownsLog: isClaudeLog,
  // Tokens; addresses of sessions with their keys; settings with keys for MCP servers.
  neverOpened: [
    ".credentials.json",
    "daemon/roster.json",
    ".claude.json",
    ".claude/settings.json",
    ".claude/settings.local.json",
  ],
  resume: (sessionId) => ["claude", "--resume", sessionId],
  collect: async (context) => (await import("./session.ts")).collectSessions(context),
};
