/** Where a line can be shown and taken away again: a terminal's stderr. */
export type Terminal = { write(text: string): unknown };

/** Shows that work goes on. `add` counts bytes read; `end` leaves the terminal as it was. */
export type ProgressLine = { add(bytes: number): void; end(): void };

/** Shorter work shows nothing. */
const quietMs = 1_000;
const repaintMs = 100;
const eraseLine = "\r\u001b[K";

/** One line, rewritten while the work lasts; nothing where there is no terminal (null). `clock` gives milliseconds. */
export function progressLine(terminal: Terminal | null, clock: () => number): ProgressLine {
  const begunAt = clock();
  let paintedAt: number | null = null;
  let total = 0;
  return {
    add(bytes) {
      total += bytes;
      const at = clock();
      if (terminal === null || at - begunAt < quietMs) return;
      if (paintedAt !== null && at - paintedAt < repaintMs) return;
      paintedAt = at;
      terminal.write(`${eraseLine}reading logs: ${Math.round(total / 1_000_000)} MB`);
    },
    end() {
      if (paintedAt !== null) terminal?.write(eraseLine);
      paintedAt = null;
    },
  };
}
