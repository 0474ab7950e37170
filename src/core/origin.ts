import type { Origin } from "./finding.ts";
import type { Stream } from "./stream.ts";

/** The words for a source in evidence rows. */
export function originOf(stream: Stream, at: number | null, line: number | null): Origin {
  const source =
    stream.source === "agent_logs"
      ? "agent_logs"
      : stream.source === "worktree_files"
        ? "worktree_files"
        : "transcript";
  return { source, file: stream.file, line, at };
}
