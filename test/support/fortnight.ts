import type { Delegation } from "../../src/core/claims/delegation.ts";
import { day, hour, minute } from "./sample-clock.ts";
import { type Scene, type State, simulateLog, timesBetween } from "./simulated-runs.ts";

/**
 * Two weeks whose truth is known, from Monday 00:00 UTC to Monday 00:00 UTC, over the end of summer time in Europe (25
 * October) and America (1 November). Cron runs every 4 minutes, but for eight hours of one night.
 */
export const from = Date.UTC(2026, 9, 19);
export const to = from + 14 * day;
const nightFrom = from + 2 * day + 22 * hour;
const nightTo = nightFrom + 8 * hour;

type Story = {
  readonly id: string;
  readonly startedAt: number;
  readonly agent?: string;
  /** A state and for how many minutes; a last one without minutes is the end, or lasts. */
  readonly states: readonly (readonly [State, number?])[];
};

const stories: readonly Story[] = [
  ...Array.from({ length: 10 }, (_, index) => ({
    id: `bg_well${index}`,
    startedAt: from + index * day + 9 * hour,
    states: [["healthy", 60], ["completed"]] as const,
  })),
  ...[0, 1].map((index) => ({
    id: `bg_recovers${index}`,
    startedAt: from + (index + 1) * day + 11 * hour,
    agent: "fix",
    states: [["healthy", 20], ["struggling", 20], ["healthy", 20], ["completed"]] as const,
  })),
  ...[0, 1, 2].map((index) => ({
    id: `bg_fails${index}`,
    startedAt: from + (index + 7) * day + 13 * hour,
    agent: "fix",
    states: [["healthy", 20], ["struggling", 12], ["stuck", 28], ["failed"]] as const,
  })),
  { id: "bg_sudden", startedAt: from + 3 * day + 15 * hour, states: [["healthy", 40], ["failed"]] },
  { id: "bg_stopped", startedAt: from + 4 * day + 15 * hour, states: [["healthy", 40], ["cancelled"]] },
  { id: "bg_vanishes", startedAt: from + 5 * day + 15 * hour, states: [["healthy", 60]] },
  {
    id: "bg_asks",
    startedAt: from + 6 * day + 15 * hour,
    states: [["healthy", 20], ["waiting", 120], ["healthy", 20], ["completed"]],
  },
  {
    id: "bg_asks_over_night",
    startedAt: nightFrom - hour - 20 * minute,
    states: [["healthy", 20], ["waiting", 600], ["healthy", 20], ["completed"]],
  },
  {
    id: "bg_flaps",
    startedAt: from + 8 * day + 17 * hour,
    states: [
      ...Array.from(
        { length: 10 },
        () =>
          [
            ["healthy", 4],
            ["struggling", 4],
          ] as const,
      ).flat(),
      ["completed"],
    ],
  },
  { id: "bg_sunday", startedAt: from - 64 * minute, states: [["healthy", 60], ["completed"]] },
  // Ends two minutes before the window and is seen at its first instant.
  { id: "bg_midnight", startedAt: from - 62 * minute, states: [["healthy", 60], ["completed"]] },
  { id: "bg_next_monday", startedAt: to - 60 * minute, states: [["healthy", 60], ["completed"]] },
  { id: "bg_open", startedAt: to - 30 * minute, states: [["healthy"]] },
];

export const log = simulateLog(
  timesBetween(from - 4 * hour, to + 8 * minute).filter((at) => at < nightFrom || at >= nightTo),
  scenesAt,
  // While one ends, while one is well, and while nothing runs.
  { overlapsAt: [from + 10 * hour, from + day + 9 * hour + 20 * minute, from + 5 * day] },
);

/** Delegation logs of the same time: one end that runs recorded too, three that happened between two runs. */
export const delegations: readonly Delegation[] = [
  delegation("11111111-aaaa", "bg_well0", "success", from + 10 * hour, 3_600_000),
  delegation("22222222-bbbb", null, "success", from + 2 * day + 23 * hour, 90_000),
  delegation("33333333-cccc", "bg_quick", "success", from + day + hour + minute, 90_000),
  delegation("44444444-dddd", null, "timeout", from + 9 * day + 2 * minute, 600_000),
  delegation("55555555-eeee", null, "success", to, 90_000),
];

function delegation(
  requestId: string,
  taskId: string | null,
  status: "success" | "timeout",
  at: number,
  durationMs: number,
): Delegation {
  const place = { file: ".agents/logs/delegation_results.jsonl", line: 1 };
  return {
    requestId,
    taskId,
    sessionId: null,
    worktree: null,
    request: {
      parentAgent: "lead",
      subagentType: "explore",
      category: "search",
      summary: null,
      at: at - durationMs,
      ...place,
    },
    result: { status, at, durationMs, toolsUsed: [], error: null, ...place },
  };
}

function scenesAt(now: number): Scene[] {
  return stories.flatMap((story) => sceneOf(story, now));
}

// An end stays in sight for three looks.
function sceneOf({ id, startedAt, states, agent = "build" }: Story, now: number): Scene[] {
  if (now < startedAt) return [];
  let at = startedAt;
  for (const [state, minutes] of states) {
    const isEnd = minutes === undefined && state !== "healthy";
    const until = at + (minutes === undefined ? (isEnd ? 12 : 1_000_000) : minutes) * minute;
    if (now < until) return [{ id, state, startedAt, at, agent }];
    at = until;
  }
  return [];
}
