import { Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "./core/text/duration.ts";
import { quoteForShell } from "./core/text/shell.ts";
import { parseTime } from "./core/text/time.ts";
import { version } from "./version.ts";

/** What the user asked for. Durations and times in milliseconds; `now` is null for the present. */
export type CommandLine = {
  readonly root: string | null;
  readonly worktrees: readonly string[];
  readonly sinceMs: number;
  readonly failures: number;
  readonly stuckAfterMs: number;
  readonly all: boolean;
  readonly json: boolean;
  readonly line: boolean;
  readonly changed: boolean;
  /** Whose news it is; null: this user's, with these options. */
  readonly reader: string | null;
  readonly explain: string | null;
  /** The length of the window to review; null: look at the tasks. */
  readonly reviewMs: number | null;
  readonly check: boolean;
  readonly quiet: boolean;
  readonly record: boolean;
  readonly prometheus: string | null;
  readonly color: boolean;
  readonly ascii: boolean;
  readonly now: number | null;
  /** null: this machine's own. */
  readonly procfs: string | null;
};

const help = `
Exit codes:
  0  a report was made (with --check: and nothing needs attention)
  1  with --check: a task is waiting, struggling or stuck
  2  with --check: a task has failed
  3  no report: bad option, missing root, event log not writable, internal error
     (with --check also: a task is unknown or an input unreadable, and nothing worse)

Examples:
  bun run monitor                             look at this project
  bun run monitor --explain bg_9f31c0         why that task has that health
  bun run --silent monitor --json | jq .summary`;

/** The words as commander gives them; an option that was not given is absent. */
type Given = {
  readonly root?: string;
  readonly worktrees?: readonly string[];
  readonly since?: number;
  readonly failures?: number;
  readonly stuckAfter?: number;
  readonly all?: true;
  readonly json?: true;
  readonly line?: true;
  readonly changed?: true;
  readonly reader?: string;
  readonly explain?: string;
  readonly review?: number | true;
  readonly check?: true;
  readonly quiet?: true;
  readonly record: boolean;
  readonly prometheus?: string;
  readonly color: boolean;
  readonly ascii?: true;
  readonly now?: number;
  readonly procfs?: string;
};

/** What counts where an option is not given. */
export const defaults = {
  sinceMs: 24 * 3_600_000,
  failures: 3,
  stuckAfterMs: 15 * 60_000,
  reviewMs: 7 * 24 * 3_600_000,
  procfs: null,
} as const;

/** Reads the arguments. @throws {CommanderError} for --help, --version and what cannot be understood. */
export function parseCommandLine(words: readonly string[], writeOut: (text: string) => void): CommandLine {
  const command = new Command("monitor")
    .description(
      "Looks once at every background coding agent of a project and says how each is, and how it knows.",
    )
    .usage("[options]")
    .argument("[word]")
    .optionsGroup("What to look at:")
    .option(
      "--root <dir>",
      "project to look at (default: the main git worktree of the current folder)",
      wordLike("the project's folder, such as ."),
    )
    .option(
      "--worktrees <glob>",
      "where status files are, from the root; repeatable (default: .worktrees/*/status.json and the top of every linked git worktree)",
      collect,
    )
    .option("--since <duration>", "how long ended tasks stay in the report (default: 24h)", readDuration)
    .optionsGroup("What counts as trouble:")
    .option("--failures <n>", "tool failures in a row that mean struggling (default: 3)", readCount)
    .option(
      "--stuck-after <dur>",
      "silence that means stuck; twice that while a tool runs (default: 15m)",
      readDuration,
    )
    .optionsGroup("What to print:")
    .option("--all", "every row, also on a terminal")
    .option("--json", "the report as one JSON document")
    .addOption(
      new Option("--line", "one line for a status bar or a prompt; writes nothing").conflicts([
        "json",
        "changed",
        "check",
      ]),
    )
    .option("--changed", "only what its reader does not know yet; nothing when nothing changed")
    .option(
      "--reader <name>",
      "whose news --changed tells (default: this user, host and the options that make the verdict)",
      wordLike("a name, such as mail"),
    )
    .addOption(
      new Option("--explain <task>", "why this task (id, title or worktree) has this health")
        .argParser(wordLike("an id, a title or a worktree, such as bg_9f31c0"))
        .conflicts(["changed", "line", "check", "quiet"]),
    )
    .addOption(
      new Option(
        "--review [duration]",
        "success rates and failure patterns from the recorded events (default: 7d)",
      )
        .argParser(readDuration)
        .conflicts(["explain", "changed", "check", "line", "prometheus", "quiet"]),
    )
    .option("--no-color", "plain output")
    .option("--ascii", "words instead of signs")
    .optionsGroup("Scripts, cron and CI:")
    .option("--check", "exit code tells the health (below)")
    .option("--quiet", "print no report (with --check, --prometheus or --line)")
    .option("--no-record", "write nothing at all")
    .option(
      "--prometheus <file>",
      "also write metrics for a textfile collector",
      wordLike("a file, such as monitor.prom"),
    )
    .option("--now <time>", "take this as the current time (RFC 3339)", readTime)
    .option(
      "--procfs <dir>",
      "where process facts are read (default: /proc where it exists)",
      wordLike("a folder, such as /proc"),
    )
    .optionsGroup("Help:")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", help)
    .allowExcessArguments(true)
    .exitOverride()
    .configureHelp({ helpWidth: 80, visibleArguments: () => [] })
    .configureOutput({ writeOut, writeErr: () => {} })
    .parse([...words], { from: "user" });
  const [word] = command.args;
  if (word !== undefined)
    command.error(`error: "${word}" is no option; to ask about one task: --explain ${quoteForShell(word)}`);
  const given = command.opts<Given>();
  if (given.quiet && !given.check && !given.line && given.prometheus === undefined)
    command.error("error: option '--quiet' needs --check, --prometheus or --line: alone it does nothing");
  return {
    root: given.root ?? null,
    worktrees: given.worktrees ?? [],
    sinceMs: given.since ?? defaults.sinceMs,
    failures: given.failures ?? defaults.failures,
    stuckAfterMs: given.stuckAfter ?? defaults.stuckAfterMs,
    all: given.all ?? false,
    json: given.json ?? false,
    line: given.line ?? false,
    changed: given.changed ?? false,
    reader: given.reader ?? null,
    explain: given.explain ?? null,
    reviewMs: given.review === true ? defaults.reviewMs : (given.review ?? null),
    check: given.check ?? false,
    quiet: given.quiet ?? false,
    // A status bar asks often: what it sees is nobody's news.
    record: given.record && given.line !== true,
    prometheus: given.prometheus ?? null,
    color: given.color,
    ascii: given.ascii ?? false,
    now: given.now ?? null,
    procfs: given.procfs ?? defaults.procfs,
  };
}

function collect(word: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), readPattern(word)];
}

const readPattern = wordLike("a pattern, such as '.worktrees/*/status.json'");

function wordLike(example: string): (word: string) => string {
  return (word) => {
    if (word.trim() === "") throw new InvalidArgumentError(`Give ${example}`);
    return word;
  };
}

function readDuration(word: string): number {
  const durationMs = parseDuration(word);
  if (durationMs === null || durationMs === 0)
    throw new InvalidArgumentError("Give a duration such as 90s, 15m or 1h30m.");
  return durationMs;
}

function readCount(word: string): number {
  const count = /^\d{1,6}$/.test(word) ? Number(word) : 0;
  if (count === 0) throw new InvalidArgumentError("Give a whole number from 1, such as 3.");
  return count;
}

function readTime(word: string): number {
  const at = parseTime(word);
  if (at === null) throw new InvalidArgumentError("Give a time in RFC 3339, such as 2026-11-22T14:32:00Z.");
  return at;
}
