// `.agents/logs/*.jsonl`: the project's profiling data, written by launchers and agents' plugins (format notes of
// 2026-11). Requests and results become delegations, challenges and tool calls become events. The monitor's own event
// log lies in the same folder and is never evidence.
import { readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { emptyActivity, observe } from "../../core/activity.ts";
import type { AgentEvent } from "../../core/agent-event.ts";
import { type Delegation, mergeDelegations, parseRequest, parseResult } from "../../core/delegation.ts";
import { plainText } from "../../core/plain-text.ts";
import type { Problem } from "../../core/problem.ts";
import { nothingMore, type Stream } from "../../core/stream.ts";
import { requireInside } from "../../io/links.ts";
import { NotReadable, readLines } from "../../io/tail.ts";
import { realPath, type Worktree } from "../../io/worktrees.ts";
import { folderState } from "../home.ts";
import { absent, type Source, type SourceContext, type SourceReading, unread } from "../source.ts";
import { type LogEntry, type LogKeys, parseChallenge, parseToolCall, snakeKeys } from "./record.ts";

export const logsFolder = join(".agents", "logs");
export const eventLogName = "background_monitoring.jsonl";
export const requestsName = "delegation_requests.jsonl";
export const resultsName = "delegation_results.jsonl";
/** Records may stand out of order by this many; further apart, file order counts. */
const reorderWindow = 16;
/** So many bad lines are named one by one; the rest are only counted. */
const problemsPerFile = 20;

export const agentLogs: Source = {
  id: "agent_logs",
  async collect(context) {
    const folder = join(context.root, logsFolder);
    const state = folderState(folder);
    if (state.outcome === "absent") return absent;
    if ("reason" in state) return unread(state.outcome, `${logsFolder} cannot be read: ${state.reason}`);
    let names = readdirSync(folder).filter((name) => name.endsWith(".jsonl") && !isNamed(name, eventLogName));
    // Requests and results first: they say whose the other records are.
    const first = [requestsName, resultsName];
    const others = names.filter((name) => !first.includes(name)).sort();
    names = [...first.filter((name) => names.includes(name)), ...others];
    const look = new Look(context);
    for (const name of names) look.readFile(name);
    return look.reading();
  },
};

type OpenStream = {
  readonly keys: LogKeys;
  agent: string | null;
  readonly file: string;
  readonly activity: ReturnType<typeof emptyActivity>;
  readonly pending: LogEntry[];
};

/** One look at the folder: what its files said so far. */
class Look {
  private readonly delegations = new Map<string, Delegation>();
  private readonly streams = new Map<string, OpenStream>();
  private readonly problems: Problem[] = [];
  private skippedLines = 0;
  private newEvents = 0;

  constructor(private readonly context: SourceContext) {}

  readFile(name: string): void {
    const path = join(this.context.root, logsFolder, name);
    const file = relative(this.context.root, path);
    let badLines = 0;
    const skip = (code: Problem["code"], line: number | null, message: string) => {
      this.skippedLines += 1;
      badLines += 1;
      if (badLines <= problemsPerFile) this.problems.push({ code, path: file, line, column: null, message });
    };
    try {
      requireInside(path, [this.context.root]);
      const read = readLines(path, null, ({ text, number }) => {
        const expected = this.readLine(name, file, text, number);
        if (expected !== null) skip("bad_line", number, expected);
      });
      if (badLines > problemsPerFile) {
        const message = `${badLines - problemsPerFile} more bad lines`;
        this.problems.push({ code: "bad_line", path: file, line: null, column: null, message });
      }
      for (const line of read.tooLong) skip("line_too_long", line, "expected a record of at most 10 MiB");
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
      this.problems.push({
        code: error.code,
        path: file,
        line: null,
        column: null,
        message: `${error.message}; expected JSON lines`,
      });
    }
  }

  reading(): SourceReading {
    for (const stream of this.streams.values())
      for (const entry of stream.pending.splice(0)) fold(stream, entry);
    return {
      outcome: "read",
      reason: null,
      streams: [...this.streams.entries()].map(([key, stream]) => this.toStream(key, stream)),
      delegations: [...this.delegations.values()],
      problems: this.problems,
      newEvents: this.newEvents,
      skippedLines: this.skippedLines,
      checkpoint: null,
    };
  }

  /** null, or what was expected of a line that could not be used. */
  private readLine(name: string, file: string, text: string, number: number | null): string | null {
    if (text.trim() === "") return null;
    let record: Record<string, unknown> | null;
    try {
      record = snakeKeys(JSON.parse(text));
    } catch {
      return "expected a JSON object";
    }
    if (record === null) return "expected a JSON object";
    const place = { file, line: number ?? 0 };
    if (name === requestsName || name === resultsName) {
      const half = name === requestsName ? parseRequest(record, place) : parseResult(record, place);
      if ("expected" in half) return `expected ${half.expected}`;
      const known = this.delegations.get(half.requestId);
      this.delegations.set(half.requestId, known === undefined ? half : mergeDelegations(known, half));
      this.newEvents += 1;
      return null;
    }
    const lineHash = `#${Bun.hash(text).toString(36)}`;
    const entry = name.endsWith("_challenges.jsonl")
      ? parseChallenge(record, number, lineHash)
      : parseToolCall(record, number, lineHash);
    if (entry !== null) this.accept(file, entry);
    // Any other file may hold records of another kind; only a challenge log promises challenges.
    return entry === null && name.endsWith("_challenges.jsonl")
      ? "expected a challenge with event_type and timestamp"
      : null;
  }

  private accept(file: string, entry: LogEntry): void {
    const keys = this.resolveKeys(entry.keys);
    const owner =
      keys.taskId ?? keys.requestId ?? keys.sessionId ?? keys.worktree ?? `agent ${entry.agent ?? ""}`;
    const key = `agent_logs:${basename(file)}:${owner}`;
    const stream = this.streams.get(key) ?? {
      keys,
      agent: entry.agent,
      file,
      activity: emptyActivity(),
      pending: [],
    };
    this.streams.set(key, stream);
    this.newEvents += entry.events.length;
    let index = stream.pending.length;
    while (index > 0 && (stream.pending[index - 1]?.at ?? 0) > entry.at) index -= 1;
    stream.pending.splice(index, 0, entry);
    const due = stream.pending.length > reorderWindow ? stream.pending.shift() : undefined;
    if (due !== undefined) fold(stream, due);
  }

  /** A request ties its id to a task and a session. */
  private resolveKeys(keys: LogKeys): LogKeys {
    const request = keys.requestId === null ? undefined : this.delegations.get(keys.requestId);
    return {
      taskId: keys.taskId ?? request?.taskId ?? null,
      requestId: keys.requestId,
      sessionId: keys.sessionId ?? request?.sessionId ?? null,
      worktree: keys.worktree ?? request?.worktree ?? null,
    };
  }

  private toStream(key: string, stream: OpenStream): Stream {
    const { keys, agent } = stream;
    return {
      ...nothingMore,
      key,
      source: "agent_logs",
      file: resolve(this.context.root, stream.file),
      identity: {
        ...keys,
        worktree: keys.worktree === null ? null : findWorktree(this.context, keys.worktree),
      },
      role: keys.taskId !== null || keys.requestId !== null ? "task" : "evidence",
      agent: { kind: "unknown", name: agent === null ? null : plainText(agent, 60) },
      activity: stream.activity,
    };
  }
}

function fold(stream: OpenStream, entry: LogEntry): void {
  for (const event of entry.events as readonly AgentEvent[]) observe(stream.activity, event);
}

/** The worktree that a record names by path or by folder name; null when there is none such. */
export function findWorktree(
  context: Pick<SourceContext, "root" | "worktrees">,
  written: string,
): string | null {
  const path = realPath(resolve(context.root, written));
  const byPath = context.worktrees.find((tree: Worktree) => tree.path === path);
  return (byPath ?? context.worktrees.find((tree) => basename(tree.path) === written))?.path ?? null;
}

/** Whether `path` is a log called `name`, or an archived part of it. */
export function isNamed(path: string, name: string): boolean {
  const file = path.split("/").at(-1) ?? "";
  const [stem] = name.split(".");
  return new RegExp(`^${stem}([._-][\\w.-]*)?\\.jsonl(\\.\\d+)?(\\.gz)?$`).test(file);
}
