import type { Names } from "../../core/claims/names.ts";
import type { Activity } from "../../core/evidence/activity.ts";
import { kindOf } from "../../core/evidence/call-kind.ts";
import { emptyActivity } from "../../core/evidence/observe.ts";
import { toolName } from "../../core/evidence/observe-call.ts";
import { type Fields, wordIn } from "../../core/text/fields.ts";
import { keysOf, type LogRecord, startOf } from "./records.ts";

/** The last calls of a task that can decide anything: two generations of what novelty remembers. */
export const callsFolded = 1_100;
/** Copies of a record stand near it. */
const idsKept = 64;
const openKept = 64;
const toolsKept = 8;

/** What one log says of one task, request, session, worktree or agent since it last began. Plain JSON. */
export type LogStream = {
  readonly keys: Names;
  readonly agent: string | null;
  readonly lastAt: number;
  /** Ids of its last calls, with the times of their ends. */
  readonly ids: readonly (readonly [id: string, endedAt: number])[];
  /** The activity holds its calls, not only its last words. */
  readonly isWhole: boolean;
  readonly activity: Activity;
};

/** The same as it is kept: without what an activity says of nothing at all. */
export type SavedStream = Omit<LogStream, "activity"> & { readonly activity: Partial<Activity> };

const sayingNothing: Fields = emptyActivity();

/** A stream as it is kept, with its key. */
export function saved([owner, stream]: readonly [string, LogStream]): [string, SavedStream] {
  const told = Object.entries(stream.activity).filter(
    ([name, value]) => !Bun.deepEquals(value, sayingNothing[name]),
  );
  return [owner, { ...stream, activity: Object.fromEntries(told) }];
}

/** A stream that was kept. */
export function resumed([owner, stream]: readonly [string, SavedStream]): [string, LogStream] {
  return [owner, { ...stream, activity: { ...emptyActivity(), ...stream.activity } }];
}

/** Where a line stands, in whatever way `LineAt` understands it, and its number. */
export type LinePlace = { readonly place: number; readonly line: number | null };
/** What was counted of one owner, line by line, and the lines that can decide something. */
export type Tally = {
  readonly before: LogStream | null;
  readonly keys: Names;
  readonly agent: string | null;
  startedAt: number;
  lastAt: number;
  lastLine: number | null;
  calls: number;
  failed: number;
  inARow: { count: number; startedAt: number | null; tools: [string, number][] };
  lastSuccessAt: number | null;
  readonly ids: Map<string, number>;
  /** The places of the last lines, and their numbers, 0 for one that is not known. */
  places: number[];
  lines: number[];
  readonly open: Map<string, LinePlace>;
  /** The last call that ended, and where it began, if a line said so; the same of the last one that failed. */
  lastCall: PlacedCall | null;
  lastFailure: PlacedCall | null;
};

/** The lines of one call. */
type PlacedCall = { readonly begun: LinePlace | null; readonly ended: LinePlace };

/** A record with the place of its line. */
export type PlacedRecord = LinePlace & { readonly record: LogRecord };

/** Begins to count with a record, or goes on from what was known. */
export function begin(record: LogRecord, before: LogStream | null): Tally {
  const { at, fields } = record;
  const agent = wordIn(fields, "agent");
  const known = before?.activity;
  return {
    before,
    keys: before?.keys ?? keysOf(fields),
    agent: before?.agent ?? agent,
    startedAt: known?.startedAt ?? at,
    lastAt: before?.lastAt ?? at,
    lastLine: known?.lastLine ?? null,
    calls: known?.callCount ?? 0,
    failed: known?.failureCount ?? 0,
    inARow: known === undefined ? noFailures() : structuredClone(known.failures),
    lastSuccessAt: known?.lastSuccessAt ?? null,
    ids: new Map(before?.ids),
    places: [],
    lines: [],
    open: new Map(),
    lastCall: null,
    lastFailure: null,
  };
}

function noFailures(): Tally["inARow"] {
  return { count: 0, startedAt: null, tools: [] };
}

/** Counts a record. */
export function count(tally: Tally, entry: PlacedRecord): void {
  const { record, line } = entry;
  const { at, callId, outcome, tool } = record;
  const startedAt = startOf(record);
  // A second record of a call is the same call, unless it began after the first one had ended.
  const endedAt = callId === null ? undefined : tally.ids.get(callId);
  const isCopy = endedAt !== undefined && startedAt <= endedAt;
  tally.startedAt = Math.min(tally.startedAt, startedAt);
  if (at >= tally.lastAt) {
    tally.lastAt = at;
    tally.lastLine = line;
  }
  if (isCopy) return;
  tally.places.push(entry.place);
  tally.lines.push(line ?? 0);
  if (tally.places.length >= 2 * callsFolded) {
    tally.places = tally.places.slice(-callsFolded);
    tally.lines = tally.lines.slice(-callsFolded);
  }
  if (tool === null || outcome === "none") return;
  if (outcome === "open") {
    const openId = callId ?? `#${entry.place}`;
    if (!tally.open.has(openId)) rememberIn(tally.open, openId, placeOf(entry), openKept);
    return;
  }
  const begun = callId === null ? null : (tally.open.get(callId) ?? null);
  if (callId !== null) {
    tally.open.delete(callId);
    tally.ids.delete(callId);
    rememberIn(tally.ids, callId, at, idsKept);
  }
  tally.calls += 1;
  tally.lastCall = { begun, ended: placeOf(entry) };
  if (outcome === "failed") {
    tally.failed += 1;
    tally.lastFailure = tally.lastCall;
  }
  countInARow(tally, tool, outcome, at);
}

function placeOf({ place, line }: PlacedRecord): LinePlace {
  return { place, line };
}

/** The last lines that were counted, at most so many. */
export function lastLines({ places, lines }: Tally, most: number): readonly LinePlace[] {
  const from = Math.max(0, places.length - most);
  return places.slice(from).map((place, index) => ({ place, line: (lines[from + index] ?? 0) || null }));
}

/** The lines of a stream's last words: what it left open, its last failure, and its last call. */
export function lastWordLines({ open, lastCall, lastFailure }: Tally): readonly LinePlace[] {
  const calls = [lastFailure, lastCall].flatMap((call) => (call === null ? [] : [call.begun, call.ended]));
  const lines = [...open.values(), ...calls].filter((each) => each !== null);
  return [...new Map(lines.map((each) => [each.place, each])).values()];
}

function rememberIn<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

// As `observe` counts: plans say nothing about the work, and what was refused neither counts nor ends a run.
function countInARow(tally: Tally, tool: string, outcome: "ok" | "failed" | "neutral", at: number): void {
  if (outcome === "neutral" || isPlanTool(tool)) return;
  if (outcome === "ok") {
    if (tally.inARow.count > 0) tally.inARow = noFailures();
    tally.lastSuccessAt = at;
    return;
  }
  const { inARow } = tally;
  inARow.count += 1;
  inARow.startedAt ??= at;
  const name = toolName(tool);
  const known = inARow.tools.find(([each]) => each === name);
  if (known) known[1] += 1;
  else if (inARow.tools.length < toolsKept) inARow.tools.push([name, 1]);
}

const planTools = new Map<string, boolean>();

function isPlanTool(tool: string): boolean {
  const known = planTools.get(tool);
  if (known !== undefined) return known;
  const isPlan = kindOf(tool, null).kind === "plan";
  if (planTools.size < 1_000) planTools.set(tool, isPlan);
  return isPlan;
}

/** What an activity says that was counted. */
export function countsOf(tally: Tally): Partial<Activity> {
  return {
    startedAt: tally.startedAt,
    lastActivityAt: tally.lastAt,
    lastLine: tally.lastLine,
    callCount: tally.calls,
    failureCount: tally.failed,
    failures: tally.inARow,
    lastSuccessAt: tally.lastSuccessAt,
  };
}
