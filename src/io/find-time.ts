import { type Bytes, beginningOf, eachLine } from "./tail.ts";

/** Smaller stretches are read as a whole. */
const blockBytes = 64 * 1024;
/** Most lines are shorter. */
const probeBytes = 4 * 1024;

/** The time of a line, epoch milliseconds; null of a line that has none. */
type TimeOf = (text: string) => number | null;

/**
 * Where in a log the lines from `at` (epoch milliseconds) on begin, and the last time that stands before. By halves, since
 * lines are appended as time goes by; then back by blocks for as long as one holds a line that is out of order.
 * @throws {NotReadable}
 */
export function findTime(
  bytes: Bytes,
  at: number,
  timeOf: TimeOf,
): { readonly offset: number; readonly lastBefore: number | null } {
  let [low, high] = [0, bytes.size];
  while (high - low > blockBytes) {
    const middle = Math.floor((low + high) / 2);
    const first = firstTime(bytes, middle, high, timeOf);
    if (first !== null && first < at) low = middle;
    else high = middle;
  }
  let offset = lineFrom(bytes, high);
  let lastBefore: number | null = null;
  for (let reach = blockBytes; offset > 0; ) {
    const from = Math.max(0, offset - reach);
    const times = timesIn(bytes, from, offset, timeOf);
    for (const time of times) if (time < at && time > (lastBefore ?? -Infinity)) lastBefore = time;
    if (times.some((time) => time >= at)) offset = lineFrom(bytes, from);
    else if (times.length > 0) break;
    // Not one whole line.
    else if (from > 0) reach *= 2;
    else offset = 0;
  }
  return { offset, lastBefore };
}

function firstTime(bytes: Bytes, from: number, to: number, timeOf: TimeOf): number | null {
  for (let reach = probeBytes; ; reach *= 2) {
    const end = Math.min(from + reach, to);
    const [first] = timesIn(bytes, from, end, timeOf);
    if (first !== undefined || end === to) return first ?? null;
  }
}

/** The times of the lines that stand wholly inside. */
function timesIn(bytes: Bytes, from: number, to: number, timeOf: TimeOf): readonly number[] {
  const part = { ...bytes, size: to };
  const times: number[] = [];
  const take = ({ text }: { readonly text: string }) => {
    const time = timeOf(text);
    if (time !== null) times.push(time);
  };
  eachLine(part, beginningOf(part, to - from), take, {});
  return times;
}

/** The first byte of the first line that begins at `from` or later. */
function lineFrom(bytes: Bytes, from: number): number {
  return beginningOf(bytes, bytes.size - from).offset;
}
