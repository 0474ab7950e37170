/**
 * Files in which agents and people keep credentials, by the end of their paths. None is ever opened, also not through a
 * link of an innocent name; no source needs one. A name that ends in `/` stands for all files of that folder.
 */
export const neverOpened = [
  // Claude Code: tokens; addresses of sessions with their keys; settings with keys for MCP servers.
  ".credentials.json",
  "daemon/roster.json",
  ".claude.json",
  ".claude/settings.json",
  ".claude/settings.local.json",
  // Codex CLI, OpenCode.
  "auth.json",
  "mcp-auth.json",
  ".codex/config.toml",
  "opencode/opencode.json",
  "opencode/opencode.jsonc",
  // Gemini CLI.
  "oauth_creds.json",
  "google_accounts.json",
  "mcp-oauth-tokens.json",
  ".gemini/settings.json",
  // Everybody's.
  ".env",
  ".env.local",
  ".env.production",
  ".netrc",
  ".npmrc",
  ".git-credentials",
  ".ssh/",
  ".gnupg/",
  ".aws/",
  ".kube/config",
  ".docker/config.json",
  "shadow",
] as const;

const endings = neverOpened.map((name) => `/${name}`);

/** Whether the file at an absolute path is one of `neverOpened`. */
export function isNeverOpened(path: string): boolean {
  return endings.some((ending) => (ending.endsWith("/") ? path.includes(ending) : path.endsWith(ending)));
}
