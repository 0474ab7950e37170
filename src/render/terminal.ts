import { Chalk, type ChalkInstance } from "chalk";

/** How text is to be written. `columns`: the terminal's width; null when it is piped and must not be shortened. */
export type Style = {
  readonly chalk: ChalkInstance;
  readonly isAscii: boolean;
  /** The words that start the program again on the same tasks; options follow. */
  readonly again: string;
  readonly columns: number | null;
};

/** Colour as the user asked: --no-color, then FORCE_COLOR, NO_COLOR (not empty), TERM=dumb, else on a terminal. */
export function makeChalk(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
  noColor: boolean,
): ChalkInstance {
  const forced = env.FORCE_COLOR;
  if (noColor) return new Chalk({ level: 0 });
  if (forced !== undefined) return new Chalk({ level: forced === "0" || forced === "false" ? 0 : 1 });
  const isPlain = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb" || !isTerminal;
  return new Chalk({ level: isPlain ? 0 : 1 });
}

/** Columns that `text` takes. */
export function width(text: string): number {
  return Bun.stringWidth(text);
}

/** Shortens to `columns`, ending in `mark`; counts what a terminal shows. */
export function clip(text: string, columns: number | null, mark = "…"): string {
  if (columns === null || width(text) <= columns) return text;
  let shown = "";
  let used = width(mark);
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += width(segment);
    if (used > columns) break;
    shown += segment;
  }
  return `${shown.trimEnd()}${mark}`;
}

/** Breaks at spaces into lines of at most `columns`; the later ones are indented by four more. A longer word stays whole. */
export function wrap(text: string, columns: number | null): string[] {
  if (columns === null || width(text) <= columns) return [text];
  const indent = /^ */.exec(text)?.[0] ?? "";
  const lines: string[] = [];
  let line = "";
  for (const word of text.slice(indent.length).split(" ")) {
    const longer = line === "" ? `${indent}${word}` : `${line} ${word}`;
    if (line !== "" && width(longer) > columns) {
      lines.push(line);
      line = `${indent}    ${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

/** Our own signs in ASCII. */
export function toAscii(text: string): string {
  return text.replaceAll("×", "x").replaceAll("…", "...").replaceAll("–", "-").replaceAll("→", "->");
}
