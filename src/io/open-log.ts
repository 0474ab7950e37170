import { closeSync, type Stats, statSync } from "node:fs";
import { NotReadable, openFile, readSmallFile } from "./open-file.ts";
import { type Bytes, bytesOf } from "./tail.ts";

/** A packed month of logs is a few megabytes; one beyond this is something else. */
const largestPackedBytes = 64 * 1024 * 1024;
const largestUnpackedBytes = 512 * 1024 * 1024;

/** A log that is open for reading, as its lines were written: what `gzip` made of it is unpacked. */
export type OpenLog = { readonly bytes: Bytes; readonly stats: Stats; close(): void };

/** Opens a log, or what a rotation left of one. @throws {NotReadable} */
export function openLog(path: string): OpenLog {
  if (path.endsWith(".gz")) return openPacked(path);
  const { fd, stats } = openFile(path);
  return { bytes: bytesOf(fd, stats.size), stats, close: () => closeSync(fd) };
}

function openPacked(path: string): OpenLog {
  const packed = readSmallFile(path, largestPackedBytes);
  const unpacked = unpack(packed);
  const read = (into: Uint8Array, length: number, position: number): number =>
    unpacked.copy(into, 0, position, position + length);
  return { bytes: { size: unpacked.length, read }, stats: statSync(path), close: () => {} };
}

function unpack(packed: Buffer): Buffer {
  try {
    // Loaded only now: few logs are packed, and it takes longer than a small look.
    const { gunzipSync } = process.getBuiltinModule("node:zlib");
    return gunzipSync(packed, { maxOutputLength: largestUnpackedBytes });
  } catch (error) {
    throw new NotReadable(
      "unreadable",
      `cannot be unpacked (${error instanceof Error ? error.message : error})`,
    );
  }
}
