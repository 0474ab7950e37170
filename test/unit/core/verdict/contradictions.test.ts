import { describe, expect, it } from "vitest";
import type { Delegation } from "../../../../src/core/claims/delegation.ts";
import type { StatusReading } from "../../../../src/core/claims/task-status.ts";
import { parseTaskStatus } from "../../../../src/core/claims/task-status.ts";
import type { Outcome } from "../../../../src/core/evidence/agent-event.ts";
import { emptyActivity, observe } from "../../../../src/core/evidence/observe.ts";
import { type Liveness, nothingMore, type Stream } from "../../../../src/core/evidence/stream.ts";
import type { Task } from "../../../../src/core/join/task.ts";
import type { Health } from "../../../../src/core/log/health.ts";
import { assess } from "../../../../src/core/verdict/health.ts";

const now = Date.parse("2026-11-22T14:32:00Z");
const minute = 60_000;
const options = { failures: 3, stuckAfterMs: 15 * minute };

/** What each of the four can say; "unreadable" is a file or a fact that is there and cannot be used. */
const sayings = ["absent", "open", "well", "badly", "unreadable"] as const;
type Saying = (typeof sayings)[number];
type Combination = readonly [claim: Saying, result: Saying, transcript: Saying, process: Saying];

/** Every combination, 5 × 5 × 5 × 5. */
const combinations: readonly Combination[] = sayings.flatMap((claim) =>
  sayings.flatMap((result) =>
    sayings.flatMap((transcript) =>
      sayings.map((process): Combination => [claim, result, transcript, process]),
    ),
  ),
);

/**
 * The decision table, first row that holds; `*` is anything, `-` says nothing of the kind (absent or unreadable). The
 * task was asked for 10 minutes ago, its transcript was written 3 minutes ago, both records of an end are 4 minutes old.
 * For a process "well" and "badly" are the same: it is gone.
 */
const table: readonly (readonly [
  claim: string,
  result: string,
  transcript: string,
  process: string,
  verdict: Health,
])[] = [
  // Terminal records: a bad one counts, whoever else says well.
  ["*", "*", "badly", "*", "failed"],
  ["*", "badly", "*", "*", "failed"],
  ["*", "*", "well", "*", "completed"],
  // Process: gone with open work; a success that was recorded stays one.
  ["*", "well", "*", "*", "completed"],
  // Nothing that can be read says that there was work.
  ["unreadable", "absent", "-", "*", "unknown"],
  ["*", "*", "open", "gone", "failed"],
  ["open", "*", "*", "gone", "failed"],
  ["-", "*", "*", "gone", "failed"],
  // Transcript: it works, though the claim says it ended before.
  ["*", "*", "open", "*", "healthy"],
  // The claim alone, then a request without a result.
  ["well", "*", "*", "*", "completed"],
  ["badly", "*", "*", "*", "failed"],
  ["open", "*", "*", "*", "healthy"],
  ["*", "open", "*", "*", "healthy"],
  ["*", "unreadable", "*", "*", "healthy"],
  ["*", "*", "*", "*", "unknown"],
];

describe("every combination of claim, result log, transcript and process has one verdict", () => {
  it.each(combinations)("claim %s, result %s, transcript %s, process %s", (...combination) => {
    expect(assess(makeTask(combination), now, options).health).toBe(expected(combination));
  });
});

function expected([claim, result, transcript, process]: Combination): Health {
  const alive = process === "well" || process === "badly" ? "gone" : process;
  const said = [claim, result, transcript, alive];
  const row = table.find((words) => said.every((saying, index) => matches(words[index] ?? "", saying)));
  return row?.[4] ?? "unknown";
}

function matches(word: string, saying: string): boolean {
  return (
    word === "*" || word === saying || (word === "-" && (saying === "absent" || saying === "unreadable"))
  );
}

function makeTask([claim, result, transcript, process]: Combination): Task {
  const streams = makeStreams(transcript);
  return {
    key: "bg_1",
    id: "bg_1",
    status: makeReading(claim),
    delegations: makeDelegations(result),
    streams,
    attempts: [],
    children: [],
    attemptChildren: [],
    process: makeLiveness(process),
    parentKey: null,
  };
}

const words = { open: "running", well: "completed", badly: "failed" } as const;
const results = { well: "success", badly: "failure" } as const;

function makeReading(saying: Saying): StatusReading | null {
  if (saying === "absent") return null;
  const place = {
    path: ".worktrees/a/status.json",
    worktree: "/srv/demo/.worktrees/a",
    branch: null,
    writtenAt: null,
  };
  if (saying === "unreadable") {
    const problem = {
      code: "invalid_json",
      path: place.path,
      line: 1,
      column: 1,
      message: "expected a value",
    } as const;
    return { ...place, status: null, problems: [problem] };
  }
  const times = { timestamp: now - 10 * minute, updatedAt: now - 4 * minute };
  return {
    ...place,
    ...parseTaskStatus({ status: words[saying], ...times }, place.path, { now, writtenAt: null }),
  };
}

// A result that cannot be read is a skipped line: the request stands without it.
function makeDelegations(saying: Saying): Delegation[] {
  if (saying === "absent") return [];
  const place = { file: ".agents/logs/x.jsonl", line: 1 };
  const at = now - 10 * minute;
  const request = { parentAgent: null, subagentType: "explore", category: null, summary: null, at, ...place };
  const record = { requestId: "r", taskId: "bg_1", sessionId: null, worktree: null, request };
  if (saying === "open" || saying === "unreadable") return [{ ...record, result: null }];
  const ended = { at: now - 4 * minute, durationMs: 6 * minute, toolsUsed: [], error: null, ...place };
  return [{ ...record, result: { status: results[saying], ...ended } }];
}

// A transcript that cannot be read leaves a problem in the report and no stream.
function makeStreams(saying: Saying): Stream[] {
  if (saying === "absent" || saying === "unreadable") return [];
  const activity = emptyActivity();
  observe(activity, { type: "user_message", at: now - 10 * minute });
  observe(activity, { type: "active", at: now - 3 * minute });
  const outcome: Outcome | null = saying === "open" ? null : results[saying];
  const ending =
    outcome === null ? [] : [{ type: "turn_ended", at: now - 3 * minute, outcome, message: null } as const];
  for (const event of ending) observe(activity, event);
  return [
    {
      ...nothingMore,
      key: "codex:s",
      source: "codex",
      kind: "transcript",
      file: "/home/x/rollout.jsonl",
      identity: { taskId: "bg_1", requestId: null, sessionId: "s", worktree: null },
      role: "task",
      agent: { kind: "codex", name: null },
      activity,
    },
  ];
}

function makeLiveness(saying: Saying): Liveness | null {
  const states = { open: "alive", well: "gone", badly: "gone", unreadable: "unknown" } as const;
  return saying === "absent" ? null : { state: states[saying], pid: 7, says: "pid 7" };
}
