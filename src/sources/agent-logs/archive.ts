// The project archives its logs after 90 days (format notes of 2026-11); where to is not specified. Looked at are
// `.agents/logs/` and its folders three deep (`archive/`, `archive/2026-08/`), for files of the same name with anything
// between name and ending: `background_monitoring.2026-08.jsonl`, `delegation_results-old.jsonl.gz`, `….jsonl.1`.
import { join, relative } from "node:path";
import type { Delegation } from "../../core/claims/delegation.ts";
import { mergeDelegations, parseRequest, parseResult } from "../../core/claims/delegation.ts";
import { parseRecalled, type RecalledEvent } from "../../core/log/recalled-event.ts";
import type { OnRecord } from "../../core/review/compose-review.ts";
import { leadOf, type Window } from "../../core/review/window.ts";
import { parseJson, stringIn } from "../../core/text/fields.ts";
import { latest } from "../../core/text/time.ts";
import { findTime } from "../../io/find-time.ts";
import { requireInside } from "../../io/links.ts";
import { NotReadable } from "../../io/open-file.ts";
import { openLog } from "../../io/open-log.ts";
import { type Bytes, eachLine } from "../../io/tail.ts";
import { eventLogName, isNamed, listFiles, logsFolder, requestsName, resultsName } from "./paths.ts";
import { snakeKeys } from "./records.ts";

/**
 * Reads what is on record of a window, archived too: all delegations, and the events from a while before it. Lines that
 * cannot be used are skipped and counted.
 */
export function readRecord(root: string, window: Window): OnRecord {
  const unreadable: string[] = [];
  const files = listFiles(join(root, logsFolder), (folder, code) =>
    unreadable.push(`${relative(root, folder)}: cannot be listed (${code})`),
  );
  const byFile: RecalledEvent[][] = [];
  const delegations = new Map<string, Delegation>();
  let skippedLines = 0;
  const read = (
    path: string,
    use: (text: string, line: number) => boolean,
    beginOf?: (bytes: Bytes) => number,
  ) => {
    const { skipped, trouble } = useLines(path, root, use, beginOf);
    skippedLines += skipped;
    if (trouble !== null) unreadable.push(`${relative(root, path)}: ${trouble}`);
  };
  const eventLogs = files.filter((path) => isNamed(path, eventLogName));
  let begin = leadOf(window, null);
  let lastBefore: number | null = null;
  // The log that is written to is the last: where it reaches back far enough, older ones are not read.
  for (const path of eventLogs.toReversed()) {
    const events: RecalledEvent[] = [];
    byFile.unshift(events);
    const use = (text: string) => {
      const value = parseJson(text);
      const time = timeOf(value);
      if (time !== null && time < begin) return true;
      const event = parseRecalled(value);
      if (event !== null) events.push(event);
      return event !== null;
    };
    read(path, use, (bytes) => {
      const found = findTime(bytes, window.from, (text) => timeOf(parseJson(text)));
      lastBefore = latest([lastBefore, found.lastBefore]);
      begin = leadOf(window, lastBefore);
      return findTime(bytes, begin, (text) => timeOf(parseJson(text))).offset;
    });
  }
  const delegationLogs = files.filter((path) => isNamed(path, requestsName) || isNamed(path, resultsName));
  for (const path of delegationLogs) {
    const parse = isNamed(path, requestsName) ? parseRequest : parseResult;
    const file = relative(root, path);
    read(path, (text, line) => {
      const half = parse(snakeKeys(parseJson(text)), { file, line });
      if ("expected" in half) return false;
      const known = delegations.get(half.requestId);
      delegations.set(half.requestId, known === undefined ? half : mergeDelegations(known, half));
      return true;
    });
  }
  return {
    events: byFile.flat(),
    delegations: [...delegations.values()],
    eventLogs: eventLogs.map((path) => relative(root, path)),
    delegationLogs: delegationLogs.map((path) => relative(root, path)),
    unreadable,
    skippedLines,
  };
}

function timeOf(value: unknown): number | null {
  const time = Date.parse(stringIn(value, "time") ?? "");
  return Number.isNaN(time) ? null : time;
}

/** Gives every line to `use`, which tells whether it could use it. One file that cannot be read hides no other. */
function useLines(
  path: string,
  root: string,
  use: (text: string, line: number) => boolean,
  beginOf: (bytes: Bytes) => number = () => 0,
): { readonly skipped: number; readonly trouble: string | null } {
  let skipped = 0;
  const take = (text: string, line: number) => {
    if (text.trim() !== "" && !use(text, line)) skipped += 1;
  };
  try {
    requireInside(path, [root]);
    const log = openLog(path);
    try {
      const onTooLong = () => {
        skipped += 1;
      };
      const offset = beginOf(log.bytes);
      eachLine(
        log.bytes,
        { offset, line: offset === 0 ? 0 : null },
        ({ text, number }) => take(text, number ?? 0),
        {
          onTooLong,
        },
      );
    } finally {
      log.close();
    }
  } catch (error) {
    // Moved away by the archive just now.
    const isGone = error instanceof NotReadable && error.code === "vanished";
    return { skipped, trouble: isGone ? null : error instanceof Error ? error.message : String(error) };
  }
  return { skipped, trouble: null };
}
