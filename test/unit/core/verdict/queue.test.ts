import { expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import { settleQueues } from "../../../../src/core/verdict/queue.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active } from "../../../support/sample-events.ts";
import { log } from "../../../support/sample-stream.ts";
import { assessNow, claim } from "../../../support/sample-task.ts";

const created = claim({ status: "created", createdAt: now - hour, updatedAt: now - hour });

/** What the created task is, beside these others. */
function besides(...others: readonly Partial<Task>[]): string {
  const [first] = settleQueues([created, ...others].map((task) => assessNow(task)));
  const finding = first?.verdict.finding;
  return finding?.code === "queued" ? `queued behind ${finding.behind}` : (finding?.code ?? "");
}
const sibling = (given: Parameters<typeof claim>[0], agoMs: number | null = minute): Partial<Task> => ({
  ...claim({ title: "First", createdAt: now - hour - minute, ...given }),
  streams: agoMs === null ? [] : [log(active(agoMs))],
});

it.each<[string, readonly Partial<Task>[], string]>([
  ["nothing", [], "never_started"],
  ["a sibling at work", [sibling({})], "queued behind First"],
  ["a sibling that is stuck", [sibling({}, 40 * minute)], "queued behind First"],
  [
    "a sibling that ended just now",
    [sibling({ status: "completed", updatedAt: now - minute })],
    "queued behind First",
  ],
  [
    "a sibling that ended 15 minutes ago",
    [sibling({ status: "failed", updatedAt: now - 15 * minute }, null)],
    "never_started",
  ],
  ["one of another batch", [sibling({ createdAt: now - 2 * hour })], "never_started"],
  ["another one that waits", [sibling({ status: "created", updatedAt: now - hour }, null)], "never_started"],
  ["one of which nobody knows how it is", [sibling({ updatedAt: now - hour }, null)], "never_started"],
])("beside %s what was created an hour ago is so", (_, others, code) => {
  expect(besides(...others)).toBe(code);
});
