import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** A process that was alive in a recording, as `/proc` is to show it. */
export type RecordedProcess = {
  readonly pid: number;
  readonly name: string;
  /** Start time in ticks after boot; null when it was not recorded. */
  readonly startTicks: string | null;
  /** Epoch milliseconds, where known: it tells when the machine booted. */
  readonly startedAt: number | null;
};

/** What differs between the agents of the corpus. */
export type RecordedAgent = {
  /** The variable that names the copied `config/` folder. */
  readonly variable: "CLAUDE_CONFIG_DIR" | "CODEX_HOME" | "GEMINI_CLI_HOME";
  /** Whether the copied folder holds what proves that a process is gone. */
  hasProcessEvidence(config: string): boolean;
  /** Processes that the copied folder itself names. */
  processes(config: string): readonly RecordedProcess[];
};

export const recordedAgents: Readonly<Record<string, RecordedAgent>> = {
  "claude-code": {
    variable: "CLAUDE_CONFIG_DIR",
    // The process list that is made for a recording can be read.
    hasProcessEvidence: () => true,
    processes: registry,
  },
  codex: {
    variable: "CODEX_HOME",
    hasProcessEvidence: (config) => existsSync(join(config, "thread-writer-locks")),
    processes: () => [],
  },
  "gemini-cli": {
    variable: "GEMINI_CLI_HOME",
    hasProcessEvidence: () => false,
    processes: () => [],
  },
};

const Registry = z.object({ pid: z.number(), procStart: z.string(), startedAt: z.number() });

function registry(config: string): RecordedProcess[] {
  const folder = join(config, "sessions");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => {
      const { pid, procStart, startedAt } = Registry.parse(
        JSON.parse(readFileSync(join(folder, name), "utf8")),
      );
      return { pid, name: "claude", startTicks: procStart, startedAt };
    });
}
