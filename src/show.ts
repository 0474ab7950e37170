import type { CommandLine } from "./command-line.ts";
import { plainName } from "./core/text/safe-text.ts";
import { programName, repeatedOptions } from "./invocation.ts";
import { isTerminal } from "./io/standard-streams.ts";
import { realPath } from "./io/worktrees.ts";
import { renderJson } from "./render/json.ts";
import type { Style } from "./render/terminal.ts";
import type { RunResult } from "./run.ts";
import { Trouble } from "./trouble.ts";

/** Tasks that an error offers. */
const namesOffered = 12;

/** How this terminal, or pipe, wants its text. */
export async function styleOf(options: CommandLine): Promise<Style> {
  const { makeChalk } = await import("./render/terminal.ts");
  const isShown = isTerminal(1);
  const onPath = () => {
    const found = Bun.which("monitor");
    return found === null ? null : realPath(found);
  };
  const start = { env: process.env, argv0: process.argv0, main: Bun.main, onPath };
  return {
    chalk: makeChalk(process.env, isShown, !options.color),
    isAscii: options.ascii,
    again: programName(start) + repeatedOptions(options, start),
    columns: isShown ? process.stdout.columns || 80 : null,
  };
}

/** What the user asked to see. What a plain look does not need is loaded only when it is asked for. */
export async function show(result: RunResult, options: CommandLine): Promise<string> {
  const { report, news } = result;
  // A task that is not there is an error also where nothing is printed.
  const explanation = options.explain === null ? null : await explain(result, options.explain, options);
  if (options.line) {
    const { renderLine } = await import("./render/line.ts");
    return renderLine(report, options.quiet, options.ascii);
  }
  if (options.quiet) return "";
  if (explanation !== null) return explanation;
  const hasNothingNew = options.changed && news.kind === "changes" && news.changes.length === 0;
  if (options.json) {
    if (hasNothingNew) return "";
    const { withCommits } = await import("./with-commits.ts");
    return renderJson({ ...report, tasks: withCommits(result.rows, result).map(({ task }) => task) });
  }
  const style = await styleOf(options);
  if (!options.changed) {
    const { renderText } = await import("./render/text.ts");
    return renderText(report, style, options.all);
  }
  const { renderChanges } = await import("./render/changes.ts");
  return renderChanges(news, report, style, options.all);
}

async function explain(
  { rows, report, root, since }: RunResult,
  wanted: string,
  options: CommandLine,
): Promise<string> {
  const { findRows, renderExplanation } = await import("./render/explain.ts");
  const name = plainName(wanted);
  const asWritten = findRows(rows, wanted, root);
  const found = asWritten.length > 0 ? asWritten : findRows(rows, name, root);
  if (found.length === 1) {
    const { withCommits } = await import("./with-commits.ts");
    const [row] = withCommits(found, { root, since });
    if (row === undefined) return "";
    if (!options.json) return renderExplanation(row, report, await styleOf(options));
    const { explainTask } = await import("./core/report/explanation.ts");
    return renderJson({ ...report, tasks: [explainTask(row)] });
  }
  const offered = found.length === 0 ? rows : found;
  const names = offered.slice(0, namesOffered).map(({ subject, task }) => `${subject} (${task.title})`);
  const what = found.length === 0 ? "no task has this id, title or worktree" : "more than one task is meant";
  const more = offered.length > names.length ? `, and ${offered.length - names.length} more` : "";
  throw new Trouble(`--explain ${name}: ${what}; there is: ${names.join(", ") || "no task"}${more}`);
}
