#!/usr/bin/env -S bun --no-env-file --config=/dev/null
// The two options keep Bun from obeying bunfig.toml and .env of the folder that is looked at.
import { writeSync } from "node:fs";
import { CommanderError } from "commander";
import { type CommandLine, parseCommandLine } from "./command-line.ts";
import { exitCodes } from "./core/report/exit-code.ts";
import { deliver, isWorkflow } from "./deliver.ts";
import { findProject } from "./find-project.ts";
import { findReader } from "./find-reader.ts";
import { isClosed, isTerminal } from "./io/standard-streams.ts";
import { progressLine } from "./render/progress-line.ts";
import { show, styleOf } from "./show.ts";
import { messageOf, Trouble } from "./trouble.ts";

async function main(): Promise<number> {
  const options = parseCommandLine(process.argv.slice(2), (text) => process.stdout.write(text));
  const now = options.now ?? Date.now();
  const root = findProject(options.root, process.cwd());
  if (options.reviewMs !== null) return review(root, now, options.reviewMs, options);
  // Loaded only now: --version, --help and --review need none of it.
  const { monitor } = await import("./monitor.ts");
  const progress = progressLine(isTerminal(2) ? process.stderr : null, () => performance.now());
  const result = await monitor({
    ...options,
    root,
    cwd: findTrigger() === "cron" ? null : process.cwd(),
    now,
    worktreePatterns: options.worktrees,
    env: process.env,
    runId: makeRunId(now),
    reader: findReader(options),
    trigger: findTrigger(),
    isCheck: options.check,
    onBytes: progress.add,
    tellsChanges: options.changed && !options.quiet && options.explain === null,
  });
  progress.end();
  const isDelivered = await print(await guard(await show(result, options), options, now));
  if (isWorkflow(options)) {
    const { renderAnnotations } = await import("./render/github.ts");
    const annotations = renderAnnotations(result.report);
    // The runner obeys commands on both; with --json stdout is the document's alone.
    if (options.json) process.stderr.write(annotations);
    else await print(annotations);
  }
  const troubles = await deliver(result, options, isDelivered);
  for (const trouble of troubles) await complain(trouble);
  const { exit_code } = result.report.verdict;
  return troubles.length > 0 && exit_code === exitCodes.trustworthy ? exitCodes.noReport : exit_code;
}

async function review(root: string, now: number, lengthMs: number, options: CommandLine): Promise<number> {
  const [{ review: reviewProject }, { renderReview }, { renderJson }] = await Promise.all([
    import("./review.ts"),
    import("./render/review.ts"),
    import("./render/json.ts"),
  ]);
  const found = reviewProject(root, now - lengthMs, now);
  const text = options.json ? renderJson(found) : renderReview(found, await styleOf(options));
  await print(await guard(text, options, now));
  return exitCodes.trustworthy;
}

function findTrigger() {
  const { env } = process;
  if (env.CI || env.GITHUB_ACTIONS) return "ci";
  if (isTerminal(1) || isTerminal(0)) return "terminal";
  // cron gives its commands no terminal and no TERM.
  return env.TERM === undefined ? "cron" : "script";
}

/** The text as a GitHub runner may read it, which obeys commands in whatever is printed. */
async function guard(text: string, options: CommandLine, now: number): Promise<string> {
  if (!process.env.GITHUB_ACTIONS) return text;
  const { jsonWithoutCommands, withoutCommands } = await import("./render/github.ts");
  return options.json ? jsonWithoutCommands(text) : withoutCommands(text, makeRunId(now));
}

/** One line on stderr. */
async function complain(message: string): Promise<void> {
  const line = `monitor: ${message}\n`;
  if (!process.env.GITHUB_ACTIONS) process.stderr.write(line);
  else process.stderr.write((await import("./render/github.ts")).lineWithoutCommands(line));
}

/** How long a reader that is slower than we gets to make room. */
const fullPipeMs = 2;

/** Prints to the standard output; false when nobody reads it, or not any more. */
// Not process.stdout, which takes longer to begin than a small look; not Bun.write, which with a file as its output empties or
// overwrites what stands there (Bun 1.4.5).
async function print(text: string): Promise<boolean> {
  if (isClosed(1)) return false;
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // A reader that went away (`| head -1`) has seen enough.
      if (code === "EPIPE") return false;
      if (code !== "EAGAIN")
        throw new Trouble(`the report cannot be printed (${code ?? message}); free the output`);
      await Bun.sleep(fullPipeMs);
    }
  }
  return true;
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A ULID: 10 characters of time (`now`, epoch milliseconds), 16 of chance. */
export function makeRunId(now: number): string {
  let time = "";
  for (let rest = now, digit = 0; digit < 10; digit += 1, rest = Math.floor(rest / 32))
    time = alphabet[rest % 32] + time;
  const chance = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => alphabet[byte % 32]).join("");
  return time + chance;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isAnswer = error instanceof CommanderError && error.exitCode === 0;
  process.exitCode = isAnswer ? 0 : exitCodes.noReport;
  if (!isAnswer) {
    const hint = error instanceof CommanderError ? " (see monitor --help)" : "";
    const words = messageOf(error)
      .replace(/^error: /, "")
      .replaceAll("\n", " ");
    await complain(`${words}${hint}`);
    if (process.env.DEBUG === "monitor" && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
}
