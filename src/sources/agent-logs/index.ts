// `.agents/logs/*.jsonl`: the project's profiling data, written by launchers and agents' plugins (format notes of
// 2026-11). Requests and results become delegations, challenges and tool calls become events. The monitor's own event
// log lies in the same folder and is never evidence.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../core/text/fields.ts";
import { folderState } from "../../io/folders.ts";
import { NotReadable, statsOf } from "../../io/open-file.ts";
import { holds, readLines } from "../../io/tail.ts";
import { absent, type Source, type SourceContext, type SourceReading, unread } from "../source.ts";
import { Delegations, delegationLogs } from "./delegation-logs.ts";
import { FarNames } from "./far-names.ts";
import { isKept, type Kept, type KeptFile } from "./kept.ts";
import { Look } from "./look.ts";
import { unpack } from "./packed-delegations.ts";
import { eventLogName, isNamed, logsFolder } from "./paths.ts";
import { snakeKeys } from "./records.ts";
import { type Windows, windowsOf } from "./window.ts";

/** Twice as many names find room; with more of them all is read once more, and none put away. */
const bytesPerName = 128;

export const agentLogs: Source = {
  id: "agent_logs",
  kind: "log",
  async collect(context) {
    const folder = join(context.root, logsFolder);
    const state = folderState(folder);
    if (state.outcome === "absent") return absent;
    if ("reason" in state) return unread(state.outcome, `${logsFolder} cannot be read: ${state.reason}`);
    const names = readdirSync(folder)
      .filter((name) => name.endsWith(".jsonl") && !isNamed(name, eventLogName))
      .sort();
    const windows = windowsOf(context.now, context.since);
    const kept = usable(context, names, windows);
    return (
      (kept === null ? null : complete(lookOn(context, windows, kept, names))) ??
      complete(lookAnew(context, windows, names)) ??
      new Look(context, windows, null, names, Delegations.none()).read()
    );
  },
};

/** What a look finds; null when it needs what was put away, or records were taken for another task's. */
function complete(look: Look | null): SourceReading | null {
  if (look === null || look.mistookRecords || look.needsFar) return null;
  const reading = look.read();
  // That records name what was put away, too, is only found out while they are read.
  return look.needsFar ? null : reading;
}

/** A look that puts old delegations away while it reads them: of a year there are too many to hold. */
function lookAnew(context: SourceContext, windows: Windows, names: readonly string[]): Look {
  const sizes = delegationLogs.map((name) => statsOf(join(context.root, logsFolder, name))?.size ?? 0);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const stretches = Math.ceil(bytes / context.budget.stretchBytes);
  return new Look(
    context,
    windows,
    null,
    names,
    Delegations.none(Math.ceil(bytes / bytesPerName)),
    stretches,
  );
}

/** What the last look kept, unless the delegations that all of it was read with are not the same any more. */
function usable(
  { root, checkpoint }: SourceContext,
  names: readonly string[],
  { open, since }: Windows,
): Kept | null {
  const kept = isKept(checkpoint) ? checkpoint : null;
  // A look that told less kept less.
  if (kept === null || kept.keepFrom > open.keepFrom || kept.since > since) return null;
  const isWhole = delegationLogs.every((name) => {
    const file = kept.files[name];
    return file === undefined || (names.includes(name) && stillHolds(join(root, logsFolder, name), file));
  });
  return isWhole ? kept : null;
}

function stillHolds(path: string, { cursor }: KeptFile): boolean {
  try {
    return holds(path, cursor);
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    return false;
  }
}

/** A look that goes on from what was kept; null when that cannot be. */
function lookOn(context: SourceContext, windows: Windows, kept: Kept, names: readonly string[]): Look | null {
  const known = new Delegations(unpack(kept.delegations), kept.since, FarNames.unpack(kept.far));
  const look = new Look(context, windows, kept, names, known);
  if (!look.needsFar) return look;
  const all = readBack(context, kept);
  return all === null ? null : new Look(context, windows, kept, names, all);
}

/** Every delegation that the last look had read, read once more. */
function readBack({ root }: SourceContext, kept: Kept): Delegations | null {
  const all = Delegations.none();
  try {
    for (const name of delegationLogs) {
      const until = kept.files[name]?.cursor.offset ?? 0;
      const file = join(logsFolder, name);
      if (until === 0) continue;
      readLines(join(root, file), null, ({ text, number, offset }) => {
        const record = offset < until ? snakeKeys(parseJson(text)) : null;
        if (record !== null) all.accept(name, record, { file, line: number ?? 0 });
      });
    }
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    return null;
  }
  return new Delegations(all.halves(), kept.since, FarNames.empty(0));
}
