import { basename } from "node:path";
import { quoteForShell } from "./core/text/shell.ts";

/** How this process was started: its variables, and the names that it goes by. */
export type Start = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The word by which the executable was called. */
  readonly argv0: string;
  /** The file of the program. */
  readonly main: string;
  /** The file that the word `monitor` starts; null when there is none on the PATH. */
  readonly onPath: () => string | null;
};

/** The words that start the program again, to be pasted before its options: `bun run monitor`, `npx monitor`, `dist/monitor`. */
export function programName({ env, argv0, main, onPath }: Start): string {
  const script = env.npm_lifecycle_script ?? "";
  const event = env.npm_lifecycle_event;
  // Variables of a script that started an agent reach its children, too: only a script that calls this program counts.
  const isScript = script.includes("monitor") || script.includes(basename(main));
  if (env.npm_command === "exec" && isScript) return `${event ?? "npx"} ${script.replaceAll("'", "")}`;
  const isNpm = env.npm_config_user_agent?.startsWith("npm/") === true;
  if (event !== undefined && isScript) return isNpm ? `npm run ${event} --` : `bun run ${event}`;
  // A compiled program lies in a file system of its own.
  if (main.startsWith("/$bunfs/")) return quoteForShell(argv0);
  // `bun run` and npx put a project's own programs on the PATH.
  if (env.npm_command === undefined && onPath() === main) return "monitor";
  // `bun run` starts a bin without a script.
  if (env.npm_command === "run-script" && event === undefined) return "bun run monitor";
  const typed = env._ ?? "";
  if (/^monitor(\.js)?$/.test(basename(typed))) return quoteForShell(typed);
  return `bun --no-env-file --config=/dev/null ${quoteForShell(main)}`;
}

/** The options of this run that another one needs to see the same tasks; those that the script itself gives are left out. */
export function repeatedOptions(
  given: { readonly root: string | null; readonly worktrees: readonly string[] },
  { env }: Pick<Start, "env">,
): string {
  const script = (env.npm_lifecycle_script ?? "")
    .split(/\s+/)
    .map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
  const isInScript = (option: string, value: string) =>
    script.some((word, index) => word === option && script[index + 1] === value);
  const words = [
    ...(given.root === null ? [] : [["--root", given.root]]),
    ...given.worktrees.map((pattern) => ["--worktrees", pattern]),
  ];
  return words
    .filter(([option = "", value = ""]) => !isInScript(option, value))
    .map(([option = "", value = ""]) => ` ${option} ${quoteForShell(value)}`)
    .join("");
}
