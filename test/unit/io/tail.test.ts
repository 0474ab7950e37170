import { appendFileSync, mkdirSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NotReadable } from "../../../src/io/open-file.ts";
import type { FileCursor } from "../../../src/io/tail.ts";
import { maxLineBytes, readLines } from "../../../src/io/tail.ts";
import { makeWorkspace } from "../../support/workspace.ts";

function read(path: string, from: FileCursor | null = null, lastBytes: number | null = null) {
  const lines: [string, number | null][] = [];
  const result = readLines(path, from, ({ text, number }) => lines.push([text, number]), lastBytes);
  return { ...result, lines, texts: lines.map(([text]) => text) };
}
const logOf = (content: string | Uint8Array) => makeWorkspace().write("log.jsonl", content);

describe("readLines", () => {
  it("gives whole lines with their numbers and leaves a torn one for next time", () => {
    const { lines, tornBytes, cursor } = read(logOf("a\nbé\n\ncut"));
    expect(lines).toEqual([
      ["a", 1],
      ["bé", 2],
      ["", 3],
    ]);
    expect(tornBytes).toBe(3);
    expect(cursor).toMatchObject({ offset: 7, line: 3 });
  });

  it("goes on where it ended, and gives the torn line once it is whole", () => {
    const path = logOf("a\nb");
    const first = read(path);
    appendFileSync(path, "c\nd\n");
    const second = read(path, first.cursor);
    expect(second.lines).toEqual([
      ["bc", 2],
      ["d", 3],
    ]);
    expect(second.startedOver).toBe(false);
    expect(read(path, second.cursor).lines).toEqual([]);
  });

  it.each<readonly [string, (path: string) => void]>([
    ["truncated", (path) => truncateSync(path, 2)],
    ["emptied and written anew", (path) => writeFileSync(path, "x\ny\n")],
    ["rewritten in place at the same length", (path) => writeFileSync(path, "A\nb\nc\n")],
    ["rewritten in place and longer", (path) => writeFileSync(path, "a\nb\nX\nmore\n")],
    [
      "replaced by renaming",
      (path) => {
        writeFileSync(`${path}.new`, "a\nb\nc\n");
        renameSync(`${path}.new`, path);
      },
    ],
  ])("starts over in a file that was %s", (_, change) => {
    const path = logOf("a\nb\nc\n");
    const { cursor } = read(path);
    change(path);
    const again = read(path, cursor);
    expect(again.startedOver).toBe(true);
    expect(again.lines).toEqual(read(path).lines);
    expect(again.lines.length).toBeGreaterThan(0);
  });

  it("skips and counts a line of more than 10 MiB, and goes on behind it", () => {
    const path = logOf(`a\n${"x".repeat(maxLineBytes + 1)}\nb\n${"y".repeat(maxLineBytes)}\n`);
    const { lines, tooLong, cursor } = read(path);
    expect(tooLong).toEqual([2]);
    expect(lines.map(([text, number]) => [text.length, number])).toEqual([
      [1, 1],
      [1, 3],
      [maxLineBytes, 4],
    ]);
    expect(cursor.offset).toBe(statSync(path).size);
  });

  it("counts a line of more than 10 MiB that has no end yet as torn", () => {
    const { lines, tooLong, tornBytes } = read(logOf(`a\n${"x".repeat(maxLineBytes + 100)}`));
    expect([lines.length, tooLong, tornBytes]).toEqual([1, [], maxLineBytes + 100]);
  });

  // A chunk holds 256 KiB; the character of four bytes stands across its border in three of these.
  it.each([-5, -4, -3, -2, -1, 0, 1])("keeps characters whole %i bytes from a chunk's border", (shift) => {
    const head = "x".repeat(256 * 1024 + shift - 2);
    expect(read(logOf(`${head}\n👩é日\nlast\n`)).texts).toEqual([head, "👩é日", "last"]);
    expect(read(logOf(`${head}👩é日\nlast\n`)).texts).toEqual([`${head}👩é日`, "last"]);
  });

  it("gives the same lines whatever the pieces the file grows by", () => {
    const path = makeWorkspace().path("log.jsonl");
    const content = fc.string({ unit: fc.constantFrom("a", "é", "👩", "\n", "\r\n", " "), maxLength: 60 });
    fc.assert(
      fc.property(content, fc.array(fc.nat(150), { maxLength: 5 }), (text, cuts) => {
        const bytes = Buffer.from(text);
        const ends = [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        writeFileSync(path, "");
        let cursor = read(path).cursor;
        const inPieces = ends.flatMap((end, index) => {
          appendFileSync(path, bytes.subarray(ends[index - 1] ?? 0, end));
          const piece = read(path, cursor);
          cursor = piece.cursor;
          return piece.lines;
        });
        expect(inPieces).toEqual(read(path).lines);
      }),
    );
  });

  it("drops a byte order mark at the start only", () => {
    expect(read(logOf("\ufeffa\n\ufeffb\n")).texts).toEqual(["a", "\ufeffb"]);
  });

  it("gives lines that end in CR LF in a form that JSON takes", () => {
    const { texts } = read(logOf('{"a":1}\r\n{"a":2}\r\n'));
    expect(texts.map((text) => JSON.parse(text))).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it("does not fail at bytes that are not UTF-8", () => {
    expect(read(logOf(new Uint8Array([0xff, 0x0a, 0x61, 0x0a]))).texts).toEqual(["\ufffd", "a"]);
  });

  it.each([
    [4, ["dd"]],
    [5, ["dd"]],
    [6, ["cc", "dd"]],
    [7, ["cc", "dd"]],
    [1_000, ["aa", "bb", "cc", "dd"]],
  ])("begins at the first line inside the last %i bytes", (lastBytes, expected) => {
    expect(read(logOf("aa\nbb\ncc\ndd\n"), null, lastBytes).texts).toEqual(expected);
  });

  it("reads nothing in an empty file", () => {
    expect(read(logOf(""))).toMatchObject({ lines: [], tornBytes: 0, startedOver: false });
  });

  it.each<readonly [string, (path: string) => unknown, string]>([
    ["nothing there", () => null, "vanished"],
    ["a folder", (path) => mkdirSync(path), "not_a_file"],
    ["a FIFO", (path) => Bun.spawnSync(["mkfifo", path]), "not_a_file"],
  ])("says why it cannot read: %s", (_, make, code) => {
    const path = makeWorkspace().path("log.jsonl");
    make(path);
    expect(() => read(path)).toThrow(NotReadable);
    expect(() => read(path)).toThrow(expect.objectContaining({ code }));
  });
});
