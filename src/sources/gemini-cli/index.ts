import { stringIn } from "../../core/text/fields.ts";
import type { Source } from "../source.ts";
import { geminiHomes } from "./paths.ts";

/**
 * Gemini CLI. Seen on disk: 0.61.0; the one-object chats of older versions as described by their readers.
 * `$GEMINI_CLI_HOME`, else the home folder, then `.gemini/tmp/<project>/chats/session-*.jsonl`. A message is written
 * before its tool runs and again, with the call, when it has ended: the last record of an id counts. A failed request
 * of a headless run leaves nothing, nor does an open approval, and its version stands nowhere.
 */
export const geminiCli: Source = {
  id: "gemini_cli",
  kind: "transcript",
  homes: geminiHomes,
  // `gemini --output-format stream-json` begins so.
  ownsLog: (first) => stringIn(first, "type") === "init" && stringIn(first, "session_id") !== undefined,
  newestSeen: "0.61.0",
  neverOpened: ["oauth_creds.json", "google_accounts.json", "mcp-oauth-tokens.json", ".gemini/settings.json"],
  resume: (sessionId) => ["gemini", "--resume", sessionId],
  collect: async (context) => (await import("./session.ts")).readSessions(context),
};
