// What OpenCode's store does not say, its log does: failed requests to the provider while it still retries, and, from 1.17.19,
// what it asks a person for. Up to 1.15.13 there is one `log/<start>.log` per process, from 1.17.19 one shared
// `log/opencode.log`. Lines can hold a whole request.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { usageLimitOf } from "../../core/evidence/usage-limit.ts";
import { KeptText } from "../../core/text/kept-text.ts";
import { formatMoment } from "../../core/text/time.ts";
import { NotReadable } from "../../io/open-file.ts";
import { readLines } from "../../io/tail.ts";
import type { Heartbeat } from "./liveness.ts";

const filesRead = 6;
const nearBytes = 512 * 1024;
/** How far back a log is read for a session that has been waiting for longer than its end tells. */
const farBytes = 16 * 1024 * 1024;
const lineHead = 1_000;
const linesKept = 200;

/** One failed try, and when. */
const FailedRequest = z.object({ sessionId: z.string(), at: z.number(), message: KeptText });
type FailedRequest = z.infer<typeof FailedRequest>;

/** One request for a permission; it names no session. */
const Ask = z.object({ at: z.number(), permission: z.string(), patterns: z.array(z.string()) });
export type Ask = z.infer<typeof Ask>;

/** What is kept of the log, which may scroll out of reach while a session still waits. */
export const KeptLog = z.object({ failed: z.array(FailedRequest), asks: z.array(Ask) });
export type KeptLog = z.infer<typeof KeptLog>;

/** The logs of one look, read when first asked. Everything is in the order of time. */
export type Log = {
  failedSince(at: number): readonly FailedRequest[];
  asksSince(at: number): readonly Ask[];
  /** What the next look should know; null when nobody asked. */
  kept(): KeptLog | null;
};

/** The logs in `folder` written since `since`, with what earlier looks kept of them. */
export function openLog(folder: string, since: number, earlier: KeptLog | null): Log {
  let near: Found | null = null;
  let far: Found | null = null;
  const reaching = (at: number): Found => {
    near ??= withEarlier(readLogs(folder, since, nearBytes), earlier, since);
    if (near.from <= at || at < since) return near;
    far ??= withEarlier(readLogs(folder, since, farBytes), earlier, since);
    return far;
  };
  return {
    failedSince: (at) => reaching(at).failed.filter((each) => each.at >= at),
    asksSince: (at) => reaching(at).asks.filter((each) => each.at >= at),
    kept() {
      const found = far ?? near;
      if (found === null) return null;
      return KeptLog.parse({
        failed: found.failed.slice(-linesKept),
        asks: found.asks.slice(-linesKept),
      });
    },
  };
}

/** `from`: lines before it were not read; epoch milliseconds. */
type Found = {
  readonly from: number;
  readonly failed: readonly FailedRequest[];
  readonly asks: readonly Ask[];
};

function withEarlier(found: Found, earlier: KeptLog | null, since: number): Found {
  const merge = <Line extends { readonly at: number }>(
    lines: readonly Line[],
    keyOf: (line: Line) => string,
  ) =>
    [...new Map(lines.map((line) => [keyOf(line), line])).values()]
      .filter(({ at }) => at >= since)
      .sort((a, b) => a.at - b.at);
  return {
    from: found.from,
    // Its words are kept in another form than they are read.
    failed: merge([...(earlier?.failed ?? []), ...found.failed], ({ sessionId, at }) => `${sessionId} ${at}`),
    asks: merge([...(earlier?.asks ?? []), ...found.asks], (ask) => JSON.stringify(ask)),
  };
}

function readLogs(folder: string, since: number, tailBytes: number): Found {
  const failed: FailedRequest[] = [];
  const asks: Ask[] = [];
  let from = since;
  for (const path of latestLogs(folder, since)) {
    let first: number | null = null;
    try {
      const { stats } = readLines(
        path,
        null,
        ({ text }) => {
          first ??= timeOf(text.slice(0, lineHead));
          const request = failedRequest(text);
          if (request !== null) failed.push(request);
          const ask = askIn(text);
          if (ask !== null) asks.push(ask);
        },
        tailBytes,
      );
      if (stats.size > tailBytes) from = Math.max(from, first ?? since);
    } catch (error) {
      // A log that was rotated away meanwhile, or may not be read, only costs this hint.
      if (!(error instanceof NotReadable)) throw error;
    }
  }
  return { from, failed, asks };
}

function timeOf(head: string): number | null {
  const time = head.match(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)/)?.[1];
  return time === undefined ? null : Date.parse(`${time}Z`);
}

// 1.17.19 … 1.18.33: `timestamp=… level=INFO … message=asking id=per_… permission=edit patterns="[\"src/app.ts\"]"`.
function askIn(line: string): Ask | null {
  if (!line.includes("message=asking")) return null;
  const head = line.slice(0, lineHead);
  const permission = head.match(/\bpermission=(\S+)/)?.[1];
  const at = timeOf(head);
  if (permission === undefined || at === null) return null;
  const patterns = head.match(/\bpatterns=(.*)/)?.[1] ?? "";
  return {
    at,
    permission,
    patterns: [...patterns.matchAll(/\\?"([^"\\[\]]+)\\?"/g)].flatMap(([, each]) => each ?? []),
  };
}

function failedRequest(line: string): FailedRequest | null {
  if (!line.includes("ERROR")) return null;
  const head = line.slice(0, lineHead);
  // 1.17.19 on: `timestamp=… level=ERROR … message="stream error" … session.id=ses_…`; before: `ERROR <time> +1ms service=llm …`.
  if (!/\blevel=ERROR\b.*"stream error"|^ERROR\s.*\bservice=llm\b/.test(head)) return null;
  // The small model only names the session.
  if (/\bsmall=true\b/.test(head)) return null;
  const sessionId = head.match(/\bsession(?:\.id|ID)=(ses_\w+)/)?.[1];
  const at = timeOf(head);
  if (sessionId === undefined || at === null) return null;
  const status = line.slice(-4_000).match(/"statusCode":(\d{3})/)?.[1];
  const message =
    head.match(/error\.error="((?:[^"\\]|\\.)*)"/)?.[1] ??
    `${head.match(/"name":"(\w+)"/)?.[1] ?? "request failed"}${status === undefined ? "" : ` ${status}`}`;
  return { sessionId, at, message };
}

function latestLogs(folder: string, since: number): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(".log"))
    .map((name) => ({ path: join(folder, name), at: changedAt(join(folder, name)) }))
    .filter((log) => log.at >= since)
    .sort((a, b) => b.at - a.at || (a.path < b.path ? -1 : 1))
    .slice(0, filesRead)
    .map((log) => log.path);
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Where traces of failed requests may be: the logs, and the plugin's heartbeat in the session's folder. */
export type Traces = { readonly log: Log; readonly heartbeat: Heartbeat | null };

/**
 * The requests that failed since the last sign of a session that waits for the model. The heartbeat names agents, no
 * sessions: it counts only where one agent has that name.
 */
export function retryEvents(
  activity: Activity,
  session: { readonly id: string; readonly agent: string | null },
  { log, heartbeat }: Traces,
  now: number,
): readonly AgentEvent[] {
  if (activity.ended !== null || activity.openCalls.length > 0) return [];
  const since = activity.lastActivityAt ?? now;
  const logged = log.failedSince(since).filter(({ sessionId, at }) => sessionId === session.id && at <= now);
  const last = logged.at(-1);
  if (last !== undefined) return [...logged.map(retryEvent), ...limitEvents(last)];
  const same = heartbeat?.agents.filter((one) => one.name === session.agent) ?? [];
  if (heartbeat === null || same.length !== 1 || same[0]?.status !== "retry") return [];
  return [
    {
      type: "provider_retry",
      at: Math.min(heartbeat.at, now),
      message: "the plugin reports that the request is being repeated",
      attempt: null,
      maxAttempts: null,
    },
  ];
}

function retryEvent({ at, message }: FailedRequest, index: number): AgentEvent {
  return { type: "provider_retry", at, message, attempt: index + 1, maxAttempts: null };
}

// With a long `retry-after` there is one try, which sleeps for hours.
function limitEvents({ at, message: text }: FailedRequest): AgentEvent[] {
  const limit = usageLimitOf(text, at);
  return limit === null
    ? []
    : [{ type: "asked", at, for: "usage_limit", tool: null, text, untilAt: limit.untilAt }];
}

/** A single failed request is not yet trouble, but says why nothing follows it; for people. */
export function retryNotes({ ended, retries, waiting }: Activity, now: number): string[] {
  if (ended !== null || waiting !== null || retries?.count !== 1 || now - retries.at < aloneAfterMs)
    return [];
  const at = formatMoment(retries.at, now);
  return [`the provider failed at ${at}, and nothing followed: "${retries.message}"`];
}

const aloneAfterMs = 60_000;
