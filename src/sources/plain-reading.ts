import { plainStream } from "../core/plain-stream.ts";
import { plainName, plainText } from "../core/plain-text.ts";
import { plainProblem } from "../core/problem-words.ts";
import type { SourceId } from "../core/stream.ts";
import type { StatusReading } from "../core/task-status.ts";
import type { SourceReading } from "./source.ts";

// What stands in files is made safe once, where it comes in: keys that join are then equal on both sides.

/** A source's reading with every text that came from a file made safe to print and record. */
export function plainReading(id: SourceId, reading: SourceReading) {
  return {
    id,
    ...reading,
    reason: reading.reason === null ? null : plainText(reading.reason),
    streams: reading.streams.map(plainStream),
    problems: reading.problems.map(plainProblem),
    notes: (reading.notes ?? []).map((note) => plainText(note)),
  };
}

/** The same for a status file; its own fields were made safe when they were read. */
export function plainClaim(reading: StatusReading): StatusReading {
  const branch = reading.branch === null ? null : plainName(reading.branch);
  return { ...reading, branch, problems: reading.problems.map(plainProblem) };
}
