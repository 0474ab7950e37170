import { readdirSync } from "node:fs";
import { join } from "node:path";

/** A folder in which Claude Code keeps its files, and the names of its project folders. */
export type Home = { readonly path: string; readonly projects: readonly string[] };

export type Homes = {
  readonly found: readonly Home[];
  /** Homes that exist and cannot be read, and why. */
  readonly denied: readonly { readonly path: string; readonly reason: string }[];
};

/** The homes that the variables name: CLAUDE_CONFIG_DIR, a comma-separated list, else two places below HOME. */
export function findHomes(env: Readonly<Record<string, string | undefined>>): Homes {
  const found: Home[] = [];
  const denied: { path: string; reason: string }[] = [];
  for (const path of homePaths(env)) {
    try {
      readdirSync(path);
      found.push({ path, projects: readdirSync(join(path, "projects")).sort() });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") denied.push({ path, reason: `${path}: cannot be read (${code})` });
    }
  }
  return { found, denied };
}

/** Where its homes would be. */
export function homePaths(env: Readonly<Record<string, string | undefined>>): string[] {
  const configured = (env.CLAUDE_CONFIG_DIR ?? "")
    .split(",")
    .map((path) => path.trim())
    .filter((path) => path !== "");
  if (configured.length > 0) return [...new Set(configured)];
  const { HOME } = env;
  return HOME === undefined || HOME === "" ? [] : [join(HOME, ".claude"), join(HOME, ".config", "claude")];
}
