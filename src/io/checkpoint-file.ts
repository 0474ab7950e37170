import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { type Checkpoint, parseCheckpoint, withoutSecrets } from "../core/record/checkpoint.ts";
import { isPlainJson } from "../core/text/safe-text.ts";
import { replaceFile } from "./replace-file.ts";

/** Beside the logs that it was made from. */
export const checkpointName = ".monitor-checkpoint.json";
/** A checkpoint beyond this costs more than it saves. */
const maxBytes = 256 * 1024 * 1024;

/**
 * Reads a checkpoint: one line with the hash of the rest, then JSON. null when it is missing, damaged, of another
 * version, no file, of another user or writable by one: the look reads anew.
 */
export function readCheckpoint(path: string): Checkpoint | null {
  let bytes: Buffer;
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile() || stats.size > maxBytes || !isOwn(stats)) return null;
      bytes = readFileSync(fd);
    } finally {
      closeSync(fd);
    }
    const newline = bytes.indexOf(10);
    const body = bytes.subarray(newline + 1);
    if (newline === -1 || bytes.toString("latin1", 0, newline) !== hashLine(body)) return null;
    const json = body.toString("utf8");
    // Whatever is kept was made safe to print before; the hash keeps nobody from writing another one.
    return isPlainJson(json) ? parseCheckpoint(JSON.parse(json)) : null;
  } catch {
    // A cache: whatever is wrong with it, the truth is in the files that it was made from.
    return null;
  }
}

/** What anybody else can write would let them say what this user's agents did. */
function isOwn({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & 0o022) === 0;
}

/**
 * Replaces the checkpoint in one step (mode 0600), without any secret: of two looks at once the later one's stays, whole. The
 * folder is there. `before`: what was read of the old one.
 * @throws when it cannot be written; the old one stays.
 */
export function writeCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  before: Checkpoint["sources"] = {},
): void {
  const body = Buffer.from(JSON.stringify(withoutSecrets(checkpoint, before)));
  replaceFile(path, Buffer.concat([Buffer.from(`${hashLine(body)}\n`), body]), 0o600);
}

function hashLine(body: Buffer): string {
  return `{"checkpoint":1,"hash":"${Bun.hash(body).toString(36)}"}`;
}
