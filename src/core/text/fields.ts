import { longestMs } from "./duration.ts";

/** An object whose fields are not looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

// For records that come by the thousand and have few fields in use: a schema takes several times as long as the rest of
// the look at them. A field of an unexpected type counts as missing.

/** The fields of an object; null for anything else. */
export function recordOf(value: unknown): Fields | null {
  return isRecord(value) ? value : null;
}

/** The text in a field. */
export function stringIn(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === "string" ? field : undefined;
}

/** The text in a field, if there is any in it; null for none. */
export function wordIn(record: Fields, name: string): string | null {
  const field = record[name];
  return typeof field === "string" && field !== "" ? field : null;
}

/** The name in a field as written, without the blanks and line breaks around it; null for none. */
export function nameIn(record: Fields, name: string): string | null {
  return wordIn(record, name)?.trim() || null;
}

/** The finite number in a field (JSON can say 1e999). */
export function numberIn(value: unknown, name: string): number | undefined {
  const field = fieldOf(value, name);
  return typeof field === "number" && Number.isFinite(field) ? field : undefined;
}

/** A number that is not negative; null for none. */
export function durationIn(record: Fields, name: string): number | null {
  const field = record[name];
  return typeof field === "number" && field >= 0 && field <= longestMs ? field : null;
}

/** What stands in an object's field; undefined when there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

/** What stands under a key that a file gave: the record's own, not what every object has under `constructor`. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Whether a value is an object each of whose fields passes its check; a missing one is undefined to it. */
export function hasFields(
  value: unknown,
  checks: Readonly<Record<string, (field: unknown) => boolean>>,
): boolean {
  if (!isRecord(value)) return false;
  for (const name in checks) if (checks[name]?.(value[name]) !== true) return false;
  return true;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same of a line that is to hold an object: that it does not begin like one is told at a fraction of the cost. */
export function parseRecord(line: string): unknown {
  return line.startsWith("{") || line.trimStart().startsWith("{") ? parseJson(line) : undefined;
}
