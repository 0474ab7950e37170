import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One text in a file of JSON or JSON lines: the record it stands in, and the keys that lead to it. */
export type Leaf = {
  readonly file: string;
  readonly record: number;
  /** What kind of record it calls itself. */
  readonly sort: string;
  readonly path: readonly (string | number)[];
};

const isJsonFile = /\.jsonl?$/;

/** Every text of every JSON file below a folder. */
export function findLeaves(folder: string): Leaf[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => isJsonFile.test(name))
    .sort()
    .flatMap((name) => {
      const file = join(folder, name);
      return readRecords(file).flatMap((value, record) =>
        textsIn(value).map((path) => ({ file, record, sort: sortOf(value), path })),
      );
    });
}

/** Changes the texts at `leaves` of one file; gives a function that puts the file back. */
export function plant(file: string, leaves: readonly Leaf[], change: (text: string) => string): () => void {
  const before = readFileSync(file);
  const records = readRecords(file);
  for (const { record, path } of leaves) records[record] = changeAt(records[record], path, change);
  const isLines = file.endsWith(".jsonl");
  writeFileSync(file, records.map((value) => JSON.stringify(value) + (isLines ? "\n" : "")).join(""));
  return () => writeFileSync(file, before);
}

function readRecords(file: string): unknown[] {
  const text = readFileSync(file, "utf8");
  const parts = file.endsWith(".jsonl") ? text.split("\n").filter((line) => line.trim() !== "") : [text];
  return parts.map((part) => {
    try {
      return JSON.parse(part);
    } catch {
      return null;
    }
  });
}

/** The keys that lead to each text in a value. */
export function textsIn(
  value: unknown,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (typeof value === "string") return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) => textsIn(field, [...path, key]));
}

/** The value with the text at `path` changed. */
export function changeAt(
  value: unknown,
  path: readonly (string | number)[],
  change: (text: string) => string,
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return typeof value === "string" ? change(value) : value;
  if (Array.isArray(value))
    return value.map((item, index) => (index === Number(key) ? changeAt(item, rest, change) : item));
  if (typeof value !== "object" || value === null) return value;
  return { ...value, [key]: changeAt(Reflect.get(value, key), rest, change) };
}

/** What kind of record a value calls itself. */
export function sortOf(record: unknown): string {
  const words = ["type", "role", "subtype", "status"].flatMap((key) => wordAt(record, key));
  const payload =
    typeof record === "object" && record !== null && "payload" in record ? record.payload : null;
  return [...words, ...wordAt(payload, "type")].join("/");
}

function wordAt(record: unknown, key: string): string[] {
  if (typeof record !== "object" || record === null) return [];
  const word: unknown = Reflect.get(record, key);
  return typeof word === "string" ? [word] : [];
}
