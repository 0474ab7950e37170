#!/usr/bin/env bun
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { CommanderError } from "commander";
import { type CommandLine, parseCommandLine } from "./command-line.ts";
import { exitCodes } from "./core/exit-code.ts";
import { writeCheckpoint } from "./io/checkpoint-file.ts";
import { appendEvents } from "./io/event-log.ts";
import { makeRunId } from "./io/run-id.ts";
import { findRoot, realPath } from "./io/worktrees.ts";
import type { LookResult } from "./monitor.ts";
import { findRows, renderExplanation } from "./render/explain.ts";
import { renderJson } from "./render/json.ts";
import { progressLine } from "./render/progress-line.ts";
import { makeChalk, type Style } from "./render/terminal.ts";
import { renderText } from "./render/text.ts";

/** Trouble of the monitor itself, in words for its user. */
class Trouble extends Error {}

async function main(): Promise<number> {
  const options = parseCommandLine(process.argv.slice(2), (text) => process.stdout.write(text));
  const now = options.now ?? Date.now();
  const root = findProject(options.root);
  // Loaded only now: --version and --help need none of it.
  const { monitor } = await import("./monitor.ts");
  const progress = progressLine(process.stderr, () => performance.now());
  const result = await monitor({
    ...options,
    root,
    now,
    worktreePatterns: options.worktrees,
    env: process.env,
    runId: makeRunId(now),
    trigger: findTrigger(),
    isCheck: options.check,
    onBytes: progress.add,
  });
  progress.end();
  if (!options.quiet) await print(render(result, options));
  if (options.record) record(result);
  return result.report.verdict.exit_code;
}

function findProject(given: string | null): string {
  if (given === null) return realPath(findRoot(process.cwd()));
  const root = resolve(given);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Trouble(`--root ${given}: there is no such folder; give the project's folder`);
  }
  return realPath(root);
}

function render(result: LookResult, options: CommandLine): string {
  const isTerminal = process.stdout.isTTY === true;
  const style: Style = {
    chalk: makeChalk(process.env, isTerminal, !options.color),
    isAscii: options.ascii,
    columns: isTerminal ? process.stdout.columns || 80 : null,
  };
  if (options.explain !== null) return explain(result, options.explain, style);
  return options.json ? renderJson(result.report) : renderText(result.report, style, options.all);
}

function explain({ rows, report }: LookResult, wanted: string, style: Style): string {
  const found = findRows(rows, wanted);
  const [row] = found;
  if (row !== undefined && found.length === 1) return renderExplanation(row, report, style);
  const names = (found.length === 0 ? rows : found).map(({ subject }) => subject).join(", ");
  const what = found.length === 0 ? "no task has this id, title or worktree" : "more than one task begins so";
  throw new Trouble(`--explain ${wanted}: ${what}; there is: ${names || "no task"}`);
}

function record({ eventLog, events, checkpoint, checkpointFile }: LookResult): void {
  try {
    appendEvents(eventLog, events);
    // Last: a look that saved its place must have told what it saw.
    writeCheckpoint(checkpointFile, checkpoint);
  } catch (error) {
    throw new Trouble(
      `${eventLog}: cannot be written (${messageOf(error)}); free it, or run with --no-record`,
    );
  }
}

function findTrigger() {
  const { env } = process;
  if (env.CI || env.GITHUB_ACTIONS) return "ci";
  if (process.stdout.isTTY || process.stdin.isTTY) return "terminal";
  // cron gives its commands no terminal and no TERM.
  return env.TERM === undefined ? "cron" : "script";
}

function print(text: string): Promise<void> {
  return new Promise((done, fail) => {
    const end = (error: NodeJS.ErrnoException | null | undefined) => {
      // A reader that went away (`| head -1`) has seen enough.
      if (error == null || error.code === "EPIPE") done();
      else
        fail(new Trouble(`the report cannot be printed (${error.code ?? error.message}); free the output`));
    };
    process.stdout.on("error", end);
    process.stdout.write(text, end);
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  process.exitCode = await main();
} catch (error) {
  const isAnswer = error instanceof CommanderError && error.exitCode === 0;
  process.exitCode = isAnswer ? 0 : exitCodes.noReport;
  if (!isAnswer) {
    const hint = error instanceof CommanderError ? " (see monitor --help)" : "";
    process.stderr.write(`monitor: ${messageOf(error).replace(/^error: /, "")}${hint}\n`);
    if (process.env.DEBUG === "monitor" && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
}
