import { recordOf } from "../text/fields.ts";
import type { Problem } from "../text/problem.ts";
import { plainText } from "../text/safe-text.ts";
import { readTime, type TimeRead } from "../text/time.ts";

/** A value as it stands in a status file, with its key as it is spelled there. */
type Field = { readonly key: string; readonly value: unknown };

/** Reads a field: its value; null when it says nothing; undefined when it is none of what is expected. */
type Reader<T> = (value: unknown, key: string) => T | null | undefined;

/**
 * The fields of one status file by their names in snake_case, however they are spelled. What cannot be read is noted in
 * `problems` and costs that key alone.
 */
export class StatusFields {
  readonly problems: Problem[] = [];
  private readonly fields = new Map<string, Field>();

  /** `path` names the file in problems. */
  constructor(
    record: Readonly<Record<string, unknown>>,
    private readonly path: string,
  ) {
    // null says nothing, also where the other spelling of the same key says something.
    for (const [key, value] of Object.entries(record))
      if (value !== null) this.fields.set(snakeCase(key), { key, value });
  }

  /** The first of `names` that says something. */
  read<T>(names: readonly string[], reader: Reader<T>, expected: string): T | null {
    for (const name of names) {
      const field = this.fields.get(name);
      if (field === undefined) continue;
      const found = reader(field.value, field.key);
      if (found != null) return found;
      if (found === undefined)
        this.report("wrong_type", `${field.key} must be ${expected}, got ${describe(field.value)}`);
    }
    return null;
  }

  text(...names: string[]): string | null {
    return this.read(names, textOf, "text");
  }

  /** A name as written, without what stands around it. */
  name(...names: string[]): string | null {
    return this.text(...names)?.trim() ?? null;
  }

  /** The first of `names` that `reader` makes a time of; `writtenAt`: when the file was written at the latest. Epoch milliseconds. */
  time<T>(
    names: readonly string[],
    writtenAt: number,
    reader: (time: TimeRead, key: string) => T | null,
  ): T | null {
    const read = (value: unknown, key: string) => {
      const time = readTime(value, writtenAt);
      return time === null ? undefined : reader(time, key);
    };
    return this.read(names, read, "an RFC 3339 time or an epoch number");
  }

  report(code: Problem["code"], message: string): void {
    this.problems.push({ code, path: this.path, line: null, column: null, message });
  }
}

/** Where text stands in an object that is given in its place: `{"name": "claude"}`, `{"message": "killed"}`. */
const textKeys = [
  "message",
  "name",
  "title",
  "text",
  "label",
  "reason",
  "description",
  "goal",
  "type",
  "code",
];

/** Text, a number, or what an object or a list has of them; null for what says nothing (`""`, `{}`, `[]`, false). */
export function textOf(value: unknown): string | null | undefined {
  if (typeof value === "string") return value.trim() === "" ? null : value;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined;
  if (value === false) return null;
  if (Array.isArray(value)) {
    const texts = value.map(textOf);
    if (texts.includes(undefined)) return undefined;
    return texts.filter((text) => text !== null).join("; ") || null;
  }
  const record = recordOf(value);
  if (record === null) return undefined;
  if (Object.keys(record).length === 0) return null;
  const key = textKeys.find((each) => typeof record[each] === "string" || typeof record[each] === "number");
  return key === undefined ? undefined : textOf(record[key]);
}

/** A number, also one written as text; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  const isNumeral = typeof value === "string" && /^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(value);
  const number = isNumeral ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** A wrong value as an error message shows it: short, quoted where it is text. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return `"${plainText(value, 40)}"`;
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function snakeCase(key: string): string {
  return key
    .replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`)
    .replace(/[-_\s]+/g, "_")
    .replace(/^_/, "");
}
