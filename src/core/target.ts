import { commandOf } from "./call-kind.ts";
import { plainText } from "./plain-text.ts";

const pathKeys = [
  "file_path",
  "filePath",
  "path",
  "notebook_path",
  "absolute_path",
  "dir_path",
  "file",
  "filename",
] as const;
const wordKeys = ["pattern", "query", "url", "description", "title"] as const;
const targetLimit = 160;

/** What a call works on, from its raw input: a path, else a command, else what it looks for; null when it does not say. */
export function targetOf(raw: unknown): string | null {
  if (typeof raw === "string") return raw === "" ? null : plainText(raw, targetLimit);
  if (typeof raw !== "object" || raw === null) return null;
  const found = stringAt(raw, pathKeys) ?? commandOf(raw) ?? stringAt(raw, wordKeys);
  return found === null || found === "" ? null : plainText(found, targetLimit);
}

function stringAt(raw: object, keys: readonly string[]): string | null {
  for (const key of keys) {
    const value: unknown = Object.hasOwn(raw, key) ? Reflect.get(raw, key) : undefined;
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}
