import { readdirSync, statSync } from "node:fs";
import type { Problem } from "../../core/problem.ts";
import { NotReadable } from "../../io/open-file.ts";
import { readSmallText } from "../../io/small-file.ts";

const fileBytes = 8_000_000;

/** A file's time is a sign of life, but not in a copied folder: it can only come after what the file says, and before now. */
export function writtenAt(path: string, createdAt: number, now: number): number {
  const written = changedAt(path) ?? createdAt;
  return written > now ? createdAt : Math.max(written, createdAt);
}

/** Epoch milliseconds; null when there is no such file. */
export function changedAt(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : Math.round(stats.mtimeMs);
}

/** What a folder holds, sorted; nothing where there is none. */
export function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

/** A file's JSON; undefined when it is gone, or cannot be read: that is pushed to `problems`. */
export function readJson(path: string, problems: Problem[]): unknown {
  const refuse = (code: Problem["code"], message: string): undefined => {
    problems.push({ code, path, line: null, column: null, message });
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return JSON.parse(readSmallText(path, fileBytes));
    } catch (error) {
      // Written in place: the writer may have been in the middle of it.
      if (error instanceof SyntaxError && attempt === 1) continue;
      if (error instanceof SyntaxError)
        return refuse("invalid_json", "expected JSON, is empty or half written");
      if (!(error instanceof NotReadable)) throw error;
      return error.code === "vanished" ? undefined : refuse(error.code, error.message);
    }
  }
}
