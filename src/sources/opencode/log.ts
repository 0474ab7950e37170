// Failed requests to the provider are nowhere in OpenCode's store while it still retries; only its log has them: up to 1.15.13
// one `log/<start>.log` per process, from 1.17.19 one shared `log/opencode.log`. Lines can hold a whole request.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Activity } from "../../core/evidence/activity.ts";
import type { AgentEvent } from "../../core/evidence/agent-event.ts";
import { NotReadable } from "../../io/open-file.ts";
import { readLines } from "../../io/tail.ts";
import type { Heartbeat } from "./liveness.ts";

const filesRead = 6;
const tailBytes = 512 * 1024;
const lineHead = 1_000;

/** One failed try, and when. */
export type FailedRequest = { readonly sessionId: string; readonly at: number; readonly message: string };

/** The failed requests in the tails of the logs written since `since`, in the order of time. */
export function readFailedRequests(folder: string, since: number): readonly FailedRequest[] {
  const found: FailedRequest[] = [];
  for (const path of latestLogs(folder, since)) {
    try {
      readLines(
        path,
        null,
        ({ text }) => {
          const request = failedRequest(text);
          if (request !== null && request.at >= since) found.push(request);
        },
        tailBytes,
      );
    } catch (error) {
      // A log that was rotated away meanwhile, or may not be read, only costs this hint.
      if (!(error instanceof NotReadable)) throw error;
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

function failedRequest(line: string): FailedRequest | null {
  const head = line.slice(0, lineHead);
  // 1.17.19 on: `timestamp=… level=ERROR … message="stream error" … session.id=ses_…`; before: `ERROR <time> +1ms service=llm …`.
  if (!/\blevel=ERROR\b.*"stream error"|^ERROR\s.*\bservice=llm\b/.test(head)) return null;
  // The small model only names the session.
  if (/\bsmall=true\b/.test(head)) return null;
  const sessionId = head.match(/\bsession(?:\.id|ID)=(ses_\w+)/)?.[1];
  const time = head.match(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)/)?.[1];
  if (sessionId === undefined || time === undefined) return null;
  const status = line.slice(-4_000).match(/"statusCode":(\d{3})/)?.[1];
  const message =
    head.match(/error\.error="((?:[^"\\]|\\.)*)"/)?.[1] ??
    `${head.match(/"name":"(\w+)"/)?.[1] ?? "request failed"}${status === undefined ? "" : ` ${status}`}`;
  return { sessionId, at: Date.parse(`${time}Z`), message };
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

/** Where traces of failed requests may be: the logs' tails, and the plugin's heartbeat in the session's folder. */
export type Traces = {
  readonly requests: readonly FailedRequest[];
  readonly heartbeat: Heartbeat | null;
};

/**
 * The requests that failed since the last sign of a session that waits for the model. The heartbeat names agents, no
 * sessions: it counts only where one agent has that name.
 */
export function retryEvents(
  activity: Activity,
  session: { readonly id: string; readonly agent: string | null },
  { requests, heartbeat }: Traces,
  now: number,
): readonly AgentEvent[] {
  if (activity.ended !== null || activity.openCalls.length > 0) return [];
  const since = activity.lastActivityAt ?? now;
  const logged = requests.filter(({ sessionId, at }) => sessionId === session.id && at >= since && at <= now);
  if (logged.length > 0) {
    return logged.map(({ at, message }, index) => ({
      type: "provider_retry",
      at,
      message,
      attempt: index + 1,
      maxAttempts: null,
    }));
  }
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
