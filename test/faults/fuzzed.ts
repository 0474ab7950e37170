import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseCommandLine } from "../../src/command-line.ts";
import { parseRequest, parseResult } from "../../src/core/claims/delegation.ts";
import { parseTaskStatus } from "../../src/core/claims/task-status.ts";
import { emptyActivity, observe } from "../../src/core/evidence/observe.ts";
import { plainReading } from "../../src/core/join/plain.ts";
import { MonitoringEvent } from "../../src/core/log/event.ts";
import { parseDuration } from "../../src/core/text/duration.ts";
import { parseJson } from "../../src/core/text/fields.ts";
import { plainName, plainText, textLimit } from "../../src/core/text/safe-text.ts";
import { parseTime } from "../../src/core/text/time.ts";
import { findJsonError } from "../../src/io/json-position.ts";
import { eventsOf, readCall, readChallenge, snakeKeys } from "../../src/sources/agent-logs/records.ts";
import { dialectOf } from "../../src/sources/claude-code/translate.ts";
import { execLog } from "../../src/sources/codex/log.ts";
import { rollout } from "../../src/sources/codex/translate.ts";
import type { Dialect } from "../../src/sources/followed-file.ts";
import { streamLog } from "../../src/sources/gemini-cli/log.ts";
import { chat } from "../../src/sources/gemini-cli/translate.ts";
import { parsePart } from "../../src/sources/opencode/records.ts";
import { messageRow, partRow, sessionRow } from "../../src/sources/opencode/sqlite-records.ts";
import { projectFolder } from "../support/program.ts";
import { changed, odd, torn } from "./mutations.ts";
import { forbidden } from "./outputs.ts";

const now = Date.parse("2026-11-22T14:32:00Z");

/** The records in an agent's fixtures: what a valid line looks like. */
function recordsOf(agent: string): unknown[] {
  const folder = join(projectFolder, "fixtures", agent);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.jsonl?$/.test(name))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(join(folder, name), "utf8");
      return (name.endsWith(".jsonl") ? text.split("\n") : [text]).flatMap(parse);
    });
}

function parse(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}

// Through JSON, as a file would hold it; what JSON cannot hold is left as it is.
const asRead = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? "null");

/** Folds a few records of one file and looks at the activity: it stays JSON, bounded, without anything forbidden in its texts. */
function foldAll<Memory>(dialect: Dialect<Memory>, records: readonly unknown[]): void {
  let activity = emptyActivity();
  const memory = dialect.begin();
  for (const [index, record] of records.entries()) {
    const read = dialect.translate(asRead(record), { line: index + 1, fileAt: now, activity }, memory);
    if (read?.startOver === true) activity = emptyActivity();
    for (const event of read?.events ?? []) observe(activity, event);
  }
  const kept = JSON.parse(JSON.stringify(memory));
  if (!dialect.memory.safeParse(kept).success)
    throw new Error(`memory is not its own schema: ${JSON.stringify(kept).slice(0, 300)}`);
  for (const text of [
    activity.ended?.message,
    activity.waiting?.text,
    activity.lastError?.message,
    activity.plan?.step,
    activity.retries?.message,
    ...activity.children.map(({ title }) => title),
  ])
    if (typeof text === "string") requirePlain(text);
}

function requirePlain(text: string): void {
  if (text.length > textLimit || forbidden.test(text)) throw new Error(`not plain: ${JSON.stringify(text)}`);
}

function dialect<Memory>(name: string, records: readonly unknown[], one: Dialect<Memory>): Target {
  return target(name, fc.array(changed(records), { maxLength: 4 }), 2.5, (lines) => foldAll(one, lines));
}

/** One parser, inputs for it, and how many parsed values an input stands for. */
export type Target = {
  readonly name: string;
  readonly inputsEach: number;
  /** How many of the runs of a fast target it gets; a slow one less. */
  readonly share?: number;
  check(runs: number, seed: number): void | Promise<void>;
};

function target<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  inputsEach: number,
  use: (input: Input) => void,
): Target {
  return {
    name,
    inputsEach,
    check: (runs, seed) =>
      fc.assert(
        fc.property(inputs, (input) => {
          use(input);
        }),
        { numRuns: runs, seed, endOnFailure: true },
      ),
  };
}

const place = { file: ".agents/logs/x.jsonl", line: 1 };
const logs = recordsOf("homes/agent-logs").concat(recordsOf("workspaces"));
const statuses = recordsOf("workspaces").filter(
  (record) => typeof record === "object" && record !== null && "status" in record,
);
const claude = recordsOf("homes/claude-code");
const codex = recordsOf("homes/codex");
const gemini = recordsOf("homes/gemini-cli");
const opencode = recordsOf("homes/opencode");
const words = fc.array(
  fc.oneof(
    fc.constantFrom(
      "--root",
      "--since",
      "--failures",
      "--stuck-after",
      "--json",
      "--now",
      "--all",
      "--explain",
      "--review",
      "--worktrees",
      "--check",
      "--",
      "-",
      "15m",
      "3",
      "--no-record",
      "--bogus",
      "--since=1h",
      "",
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
  ),
  { maxLength: 6 },
);

/** Every parser of what comes from outside. None may throw, hang, or let anything forbidden through. */
export const targets: readonly Target[] = [
  target("status.json", changed(statuses), 1, (value) => {
    const read = parseTaskStatus(asRead(value), "status.json", { now, writtenAt: null });
    const place = { path: "status.json", worktree: ".worktrees/a", branch: null, writtenAt: null };
    const { status, problems } = plainReading({ ...place, ...read });
    for (const text of [
      status?.title,
      status?.error,
      status?.taskId,
      status?.step,
      status?.branch,
      status?.reportedStatus,
      ...problems.map(({ message }) => message),
    ])
      if (typeof text === "string") requirePlain(text);
  }),
  target("delegations", changed(logs), 2, (value) => {
    const record = snakeKeys(asRead(value));
    parseRequest(record, place);
    parseResult(record, place);
  }),
  target("tool logs and challenges", changed(logs), 2, (value) => {
    const record = snakeKeys(asRead(value));
    if (record === null) return;
    const activity = emptyActivity();
    for (const entry of [readChallenge(record), readCall(record)])
      for (const event of entry === null ? [] : eventsOf(entry, 1)) observe(activity, event);
  }),
  dialect("Claude Code transcripts", claude, dialectOf("session", now)),
  dialect("Claude Code logs", claude, dialectOf("log", now)),
  dialect(
    "Codex rollouts",
    codex,
    rollout({ id: "a", version: "0.140.0", isInteractive: false, isChild: false, isFork: true }),
  ),
  dialect("Codex logs", codex, execLog),
  dialect("Gemini CLI chats", gemini, chat),
  dialect("Gemini CLI logs", gemini, streamLog),
  target("OpenCode rows", fc.tuple(changed(opencode), odd, odd), 4, ([value, a, b]) => {
    const data = JSON.stringify(value);
    parsePart(asRead(value));
    sessionRow({
      id: a,
      parent_id: b,
      directory: "/",
      title: a,
      version: b,
      agent: null,
      time_created: 1,
      time_updated: b,
    });
    messageRow({ id: "msg_1", time_created: a, time_updated: 1, data });
    partRow({ id: "prt_1", message_id: "msg_1", time_created: 1, time_updated: 1, data });
  }),
  target("event log", torn(logs.concat(claude)), 1, (line) => MonitoringEvent.safeParse(parseJson(line))),
  target("where JSON breaks", torn(statuses), 1, (text) => {
    const isJson = parse(text).length > 0;
    if (isJson !== (findJsonError(text) === null)) throw new Error(`JSON or not? ${JSON.stringify(text)}`);
  }),
  target(
    "durations and times",
    fc.tuple(fc.string({ unit: "binary", maxLength: 30 }), odd),
    3,
    ([text, value]) => {
      parseDuration(text);
      parseTime(text);
      const at = parseTime(value);
      if (at !== null) new Date(at).toISOString();
    },
  ),
  target("the command line", words, 1, (list) => {
    try {
      parseCommandLine(list, () => {});
    } catch (error) {
      if (!(error instanceof Error) || !("exitCode" in error)) throw error;
    }
  }),
  target("plain text", fc.string({ unit: "binary", maxLength: 600 }), 2, (text) => {
    requirePlain(plainText(text));
    requirePlain(plainName(text));
  }),
];
