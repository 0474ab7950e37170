import { describe, expect, it } from "vitest";
import type { Health } from "../../../../src/core/log/health.ts";
import type { FindingCode } from "../../../../src/core/verdict/finding.ts";
import { weakerFindings } from "../../../../src/core/verdict/health.ts";
import { endedTasks, unreportedTasks } from "../../../support/ended-tasks.ts";
import { openTasks } from "../../../support/open-tasks.ts";
import { minute } from "../../../support/sample-clock.ts";
import { failures } from "../../../support/sample-events.ts";
import { gone, log } from "../../../support/sample-stream.ts";
import { assessNow, claim, quiet } from "../../../support/sample-task.ts";
import { workingTasks } from "../../../support/working-tasks.ts";

/** The findings of this table; those of loops have their own (`rules/`). */
const healths: Partial<Record<FindingCode, Health>> = {
  claim_unreadable: "unknown",
  claim_mismatch: "unknown",
  claim_alone: "unknown",
  no_evidence: "unknown",
  result_failed: "failed",
  turn_failed: "failed",
  reported_failed: "failed",
  process_gone: "failed",
  cancelled: "cancelled",
  result_recorded: "completed",
  turn_over: "completed",
  reported_completed: "completed",
  waiting_permission: "waiting",
  waiting_question: "waiting",
  waiting_plan_approval: "waiting",
  waiting_usage_limit: "waiting",
  waiting_prompt: "waiting",
  no_activity: "stuck",
  never_started: "stuck",
  log_ends: "unknown",
  queued: "healthy",
  tool_failures: "struggling",
  provider_retries: "struggling",
  child_running: "healthy",
  recent_activity: "healthy",
  reported_running: "healthy",
};

const rows = [...unreportedTasks, ...endedTasks, ...openTasks, ...workingTasks];

describe("assess", () => {
  it.each(rows)("judges %s", (_, task, code, basis) => {
    const { health, verdict } = assessNow(task);
    expect([verdict.finding.code, verdict.basis, health]).toEqual([code, basis, healths[code]]);
  });

  it("names where each verdict was read", () => {
    const origins = rows.map(([, task]) => assessNow(task).verdict.origin.source);
    expect(new Set(origins)).toEqual(
      new Set([
        "status.json",
        "delegation_requests.jsonl",
        "delegation_results.jsonl",
        "transcript",
        "agent_logs",
        "process",
        "worktree_files",
      ]),
    );
  });

  it("finds each of these codes in at least one row above", () => {
    expect(new Set<string>(rows.map(([, , code]) => code))).toEqual(new Set(Object.keys(healths)));
  });

  it("keeps what else holds, weaker findings behind stronger ones", () => {
    const assessment = assessNow({ ...claim(quiet), process: gone, streams: [log(failures(3, 2 * minute))] });
    expect([assessment.verdict.finding, ...weakerFindings(assessment)].map(({ code }) => code)).toEqual([
      "process_gone",
      "tool_failures",
      "recent_activity",
      "no_evidence",
    ]);
  });
});
