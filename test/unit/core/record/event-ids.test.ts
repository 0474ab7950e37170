import { describe, expect, it } from "vitest";
import type { Task } from "../../../../src/core/join/task.ts";
import { done, healthy, runAt, runsOf, waiting } from "../../../support/recorded-runs.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { sampleDelegation } from "../../../support/sample-task.ts";

describe("the id of an event", () => {
  it.each<readonly [string, Partial<Task>]>([
    ["a change", waiting],
    ["an end", done],
  ])("gives %s one id in two runs that overlap", (_, task) => {
    const log = runsOf([healthy]).flat();
    const ids = [4 * minute, 4 * minute + 700].map((passedMs) =>
      runAt(now + passedMs, log, task)
        .slice(0, -1)
        .map(({ id }) => id),
    );
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]?.length).toBeGreaterThan(0);
  });

  it("gives the reminders of different hours different ids", () => {
    const runs = runsOf(
      Array.from({ length: 4 }, () => waiting),
      hour,
    );
    const ids = runs.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("gives two ends different ids, by when they began or ended", () => {
    const idOf = (askedAt: number, at: number) =>
      runAt(now, [], { delegations: [sampleDelegation({ request: { at: askedAt }, result: { at } })] }).at(-2)
        ?.id;
    const ids = [idOf(now - hour, now), idOf(now - hour, now - 1_000), idOf(now - 2 * hour, now)];
    expect(new Set(ids).size).toBe(3);
  });

  it("gives each event of a task an id of 12 hexadecimal digits", () => {
    const [change, end] = runAt(now, [], done);
    const id = expect.stringMatching(/^sha256:[0-9a-f]{12}$/);
    expect([change?.id, end?.id]).toEqual([id, id]);
  });

  it("gives changes from different healths different ids", () => {
    const idAfter = (before: Partial<Task>) => runAt(now + 4 * minute, runsOf([before]).flat(), done)[0]?.id;
    expect(idAfter(healthy)).not.toBe(idAfter(waiting));
  });

  it("gives the same change another id when the clock was set back before it", () => {
    const log = runsOf([healthy, waiting, healthy]).flat();
    const at = now + 2 * minute;
    const again = runAt(at, log, waiting)[0];
    expect(again).toMatchObject({ data: { from: "healthy", to: "waiting" } });
    expect(log.map(({ id }) => id)).not.toContain(again?.id);
    // Seconds apart are two runs that overlap.
    const overlapped = runAt(now + 4 * minute - 1_000, log.slice(0, -2), waiting)[0];
    expect(log.map(({ id }) => id)).toContain(overlapped?.id);
  });
});
