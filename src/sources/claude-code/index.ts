import type { Source } from "../source.ts";
import { homePaths, isClaudeLog } from "./paths.ts";

/**
 * Claude Code (seen in 1.0.128, 2.0.76, 2.1.197 and 2.1.330 to 2.1.332; the real service's ends of turns in 1.0.10 to 2.1.97):
 * - a session is `projects/<slug of the folder it works in>/<session id>.jsonl`; sub-agents lie below it (2.1), beside it
 *   (2.0) or inside it as side-chain records (1.0). Files are appended to; a resumed session goes on in its file, a forked
 *   one copies the history into a new file: the newest session of a worktree is the current one. A session that enters a
 *   worktree takes its file along, while its first records still name the main checkout;
 * - the end of a turn is not the end of the work: background shells, sub-agents and workflows are told of when they end;
 * - the last message of a turn often has no reason to stop (up to 2.1.97, sub-agents later): quiet, a Stop hook's summary
 *   or the end of the process tell;
 * - nothing is written while a permission prompt is open or when the process is killed: `sessions/<pid>.json` (2.1)
 *   tells both apart from a running tool, and is removed at a clean exit;
 * - `jobs/<id>/state.json` is what the supervisor of a background session says of it, also without a transcript or worker;
 * - `stream-json` output has other key names (`session_id`, `tool_use_result`), and no times at all before 2.1.
 * `.credentials.json`, `daemon/roster.json` and `daemon/control.key` hold tokens and are never opened.
 */
export const claudeCode: Source = {
  id: "claude_code",
  kind: "transcript",
  homes: homePaths,
  ownsLog: isClaudeLog,
  // Tokens; addresses of sessions with their keys; settings with keys for MCP servers.
  newestSeen: "2.1.332",
  neverOpened: [
    ".credentials.json",
    "daemon/roster.json",
    "daemon/control.key",
    ".claude.json",
    ".claude/settings.json",
    ".claude/settings.local.json",
  ],
  resume: (sessionId) => ["claude", "--resume", sessionId],
  collect: async (context) => (await import("./session.ts")).collectSessions(context),
};
