import type { Problem } from "../../core/text/problem.ts";

/** So many bad lines of a file are named one by one; the rest are only counted. */
const shownPerFile = 20;
const undated = "undated";

/**
 * The lines of one file that could not be read, by the hour that they, or the lines before them, speak of: those of old
 * hours are forgotten like the good lines around them. Of each hour the first ones are named.
 */
export type BadLines = Record<string, { readonly count: number; readonly first: readonly BadLine[] }>;
type BadLine = {
  readonly code: "bad_line" | "line_too_long";
  readonly line: number | null;
  readonly message: string;
};

/** Adds a line of the given hour (epoch milliseconds; null when it carries no time that can be told). */
export function addBadLine(lines: BadLines, hour: number | null, bad: BadLine): void {
  const name = hour === null ? undated : String(hour);
  const known = lines[name] ?? { count: 0, first: [] };
  lines[name] = {
    count: known.count + 1,
    first: known.first.length < shownPerFile ? [...known.first, bad] : known.first,
  };
}

/** Adds a line that is too long to be read; `line`: its number. */
export function addTooLong(lines: BadLines, hour: number | null, line: number | null): void {
  addBadLine(lines, hour, { code: "line_too_long", line, message: "expected a record of at most 10 MiB" });
}

/** Gives those without a time the hour of the first line behind them that has one. */
export function dateBadLines(lines: BadLines, hour: number): void {
  const { [undated]: before } = lines;
  if (before === undefined) return;
  delete lines[undated];
  const known = lines[String(hour)] ?? { count: 0, first: [] };
  lines[String(hour)] = {
    count: before.count + known.count,
    first: [...before.first, ...known.first].slice(0, shownPerFile),
  };
}

/** Without those of hours before `from`. */
export function recentBadLines(lines: Readonly<BadLines>, from: number): BadLines {
  return Object.fromEntries(
    Object.entries(lines).filter(([hour]) => hour === undated || Number(hour) >= from),
  );
}

/** As problems of the file at `path`, and how many there are. */
export function tellBadLines(
  lines: Readonly<BadLines>,
  path: string,
): { readonly problems: Problem[]; readonly count: number } {
  const hours = Object.values(lines);
  const count = hours.reduce((sum, hour) => sum + hour.count, 0);
  const shown = hours
    .flatMap(({ first }) => first)
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    .slice(0, shownPerFile);
  const problems: Problem[] = shown.map((bad) => ({ ...bad, path, column: null }));
  if (count > shown.length) {
    const message = `${count - shown.length} more bad lines`;
    problems.push({ code: "bad_line", path, line: null, column: null, message });
  }
  return { problems, count };
}
