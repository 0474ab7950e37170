import { parseJson } from "../../core/text/fields.ts";
import { statsOf } from "../../io/open-file.ts";
import type { FileCursor } from "../../io/tail.ts";
import { readLines } from "../../io/tail.ts";
import { addBadLine, addTooLong, type BadLines, recentBadLines } from "./bad-lines.ts";
import type { Delegations } from "./delegation-logs.ts";
import type { KeptFile } from "./kept.ts";
import { snakeKeys } from "./records.ts";
import { hourOfLine } from "./window.ts";

/** A log: its absolute path, the same relative to the root, and its name. */
export type LogPlace = { readonly path: string; readonly file: string; readonly name: string };

/** One of the delegation logs while it is read, in one go or in parts. */
export class DelegationFile {
  newEvents = 0;
  private cursor: FileCursor | null;
  private readonly bad: BadLines;
  /** By their numbers: one that a part ended in is met again. */
  private readonly tooLong = new Set<number | null>();

  constructor(
    readonly place: LogPlace,
    private readonly delegations: Delegations,
    private readonly limits: { readonly lastBytes: number; readonly onBytes: (count: number) => void },
    kept: KeptFile | null,
  ) {
    this.cursor = kept?.cursor ?? null;
    this.bad = { ...kept?.bad };
  }

  /** Reads up to this share of the file, 0 to 1; returns whether any whole line came. @throws {NotReadable} */
  readPart(share: number): boolean {
    const before = this.cursor?.offset ?? 0;
    const sizeBytes = statsOf(this.place.path)?.size ?? 0;
    this.cursor = this.readOn(Math.ceil(sizeBytes * share));
    return this.cursor.offset > before;
  }

  /** Reads up to its end, and keeps what this and the parts before gave, without bad lines of before `from`. @throws {NotReadable} */
  readRest(from: number): KeptFile {
    const cursor = this.readOn();
    for (const line of this.tooLong) addTooLong(this.bad, null, line);
    return { cursor, bad: recentBadLines(this.bad, from), hour: null, pending: [], streams: {} };
  }

  private readOn(endsAt?: number): FileCursor {
    const { path, file, name } = this.place;
    const { cursor, tooLong } = readLines(
      path,
      this.cursor,
      ({ text, number }) => {
        if (text.trim() === "") return;
        const record = snakeKeys(parseJson(text));
        const expected =
          record === null
            ? "expected a JSON object"
            : this.delegations.accept(name, record, { file, line: number ?? 0 });
        if (expected === null) this.newEvents += 1;
        else addBadLine(this.bad, hourOfLine(text), { code: "bad_line", line: number, message: expected });
      },
      this.limits.lastBytes,
      { onBytes: this.limits.onBytes, ...(endsAt === undefined ? {} : { endsAt }) },
    );
    for (const line of tooLong) this.tooLong.add(line);
    return cursor;
  }
}
