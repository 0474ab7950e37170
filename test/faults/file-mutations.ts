import fc from "fast-check";
import { parseJson } from "../../src/core/text/fields.ts";
import { checkpointName } from "../../src/io/checkpoint-file.ts";
import { edits } from "./mutations.ts";

/** What becomes of a file; null: it is gone. */
export type Mutation = { readonly how: string; apply(file: string, bytes: Buffer): Buffer | null };

const bytewise = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 })
  .map(
    (changes): Mutation => ({
      how: "bytes",
      apply(_, bytes) {
        const changed = Buffer.from(bytes);
        for (const [at, byte] of changes) changed[at % Math.max(1, bytes.length)] = byte;
        return changed;
      },
    }),
  );
const cut = fc.nat().map(
  (at): Mutation => ({
    how: "cut",
    apply: (_, bytes) => bytes.subarray(0, at % (bytes.length + 1)),
  }),
);
const spliced = fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 40 })).map(
  ([at, more]): Mutation => ({
    how: "spliced",
    apply(_, bytes) {
      const place = at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place)]);
    },
  }),
);
const linewise = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom("doubled", "swapped", "dropped")).map(
  ([first, second, how]): Mutation => ({
    how,
    apply(_, bytes) {
      const lines = bytes.toString("latin1").split("\n");
      const [a, b] = [first % lines.length, second % lines.length];
      const [one = "", other = ""] = [lines[a], lines[b]];
      if (how === "doubled") lines.splice(b, 0, one);
      else if (how === "dropped") lines.splice(a, 1);
      else [lines[a], lines[b]] = [other, one];
      return Buffer.from(lines.join("\n"), "latin1");
    },
  }),
);
const structured = fc.tuple(fc.nat(), edits).map(
  ([pick, edit]): Mutation => ({
    how: "structure",
    apply(file, bytes) {
      const text = bytes.toString("utf8");
      const isLines = file.endsWith(".jsonl");
      const records = isLines || file.endsWith(checkpointName) ? text.trimEnd().split("\n") : [text];
      // The first line of a checkpoint vouches for the second.
      const at = file.endsWith(checkpointName) ? 1 : pick % records.length;
      const record = parseJson(records[at] ?? "");
      if (record === undefined) return bytes;
      records[at] = JSON.stringify(edit(record)) ?? "null";
      if (!file.endsWith(checkpointName)) return Buffer.from(records.join("\n") + (isLines ? "\n" : ""));
      const hash = Bun.hash(records[1] ?? "").toString(36);
      return Buffer.from(`{"checkpoint":1,"hash":"${hash}"}\n${records[1]}`);
    },
  }),
);
const replaced = fc
  .constantFrom<readonly [string, Buffer | null]>(
    ["empty", Buffer.alloc(0)],
    ["gone", null],
    ["zeros", Buffer.alloc(300)],
    ["null", Buffer.from("null\n")],
    ["no file's end", Buffer.from("[[[[")],
  )
  .map(([how, by]): Mutation => ({ how, apply: () => by }));
/** Bytes, lines or records of a file changed, or the whole file. */
export const mutation = fc.oneof(
  { weight: 3, arbitrary: bytewise },
  { weight: 1, arbitrary: cut },
  { weight: 1, arbitrary: spliced },
  { weight: 2, arbitrary: linewise },
  { weight: 8, arbitrary: structured },
  { weight: 1, arbitrary: replaced },
);
