import { stringIn } from "../../core/text/fields.ts";
import type { Source } from "../source.ts";
import { codexHomes } from "./paths.ts";

/**
 * Codex CLI. Seen on disk: 0.77.0, 0.140.0, 0.169.0 and 0.171.0 (classic tools and code mode), and the bare items of mid-2025.
 * `$CODEX_HOME`, else `~/.codex`: `sessions/YYYY/MM/DD/rollout-<time>-<thread id>.jsonl` (the day it started),
 * `archived_sessions/`, `thread-writer-locks/<thread id>.lock` (0.147 and later). Its databases are never opened: a
 * reader of a WAL database creates files beside it. Neither is `auth.json`.
 * In 0.171 the interactive program is a window on a daemon, which holds the locks of the threads that are loaded: work goes on
 * without the window, and a finished thread is let go within minutes. A goal stands in `thread_goal_updated` where a person
 * set it, else in the answers of its tools; a Stop hook that sends the agent back is an item `HookPrompt`.
 */
export const codex: Source = {
  id: "codex",
  kind: "transcript",
  homes: codexHomes,
  // `codex exec --json` begins so.
  ownsLog: (first) =>
    stringIn(first, "type") === "thread.started" && stringIn(first, "thread_id") !== undefined,
  newestSeen: "0.171.0",
  neverOpened: [".codex/auth.json", ".codex/config.toml"],
  resume: (sessionId) => ["codex", "resume", sessionId],
  collect: async (context) => (await import("./session.ts")).readSessions(context),
};
