import { hostname, userInfo } from "node:os";
import { type CommandLine, defaults } from "./command-line.ts";
import { formatDuration } from "./core/text/duration.ts";
import { plainName } from "./core/text/safe-text.ts";

/**
 * Whose looks these are. Without a name: this user's on this host, with the options that make the verdict, since with
 * others the same task looks another way: `ada@build-01 --stuck-after 5m`.
 */
export function findReader(options: CommandLine): string {
  if (options.reader !== null) return plainName(options.reader);
  const { worktrees, sinceMs, failures, stuckAfterMs } = options;
  const parts = [
    `${userName()}@${hostname()}`,
    ...worktrees.map((pattern) => `--worktrees ${pattern}`),
    ...(sinceMs === defaults.sinceMs ? [] : [`--since ${formatDuration(sinceMs)}`]),
    ...(failures === defaults.failures ? [] : [`--failures ${failures}`]),
    ...(stuckAfterMs === defaults.stuckAfterMs ? [] : [`--stuck-after ${formatDuration(stuckAfterMs)}`]),
  ];
  return plainName(parts.join(" "));
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under an id that no user has.
    return `uid ${process.getuid?.() ?? "?"}`;
  }
}
