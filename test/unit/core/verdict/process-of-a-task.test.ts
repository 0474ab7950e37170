import { describe, expect, it } from "vitest";
import type { Stream } from "../../../../src/core/evidence/stream.ts";
import { hour, minute, now } from "../../../support/sample-clock.ts";
import { active } from "../../../support/sample-events.ts";
import { alive, gone, stream, unseen } from "../../../support/sample-stream.ts";
import { claim, factsOf } from "../../../support/sample-task.ts";

describe("the process", () => {
  const withProcess = (liveness: Stream["liveness"]) => ({ ...stream("t", active(3 * minute)), liveness });

  it.each([
    ["the session's own before the claim's", { streams: [withProcess(gone)], process: alive }, gone],
    [
      "the claim's where the session's is not known",
      { streams: [withProcess(unseen)], process: alive },
      alive,
    ],
    ["the claim's where the session has none", { streams: [withProcess(null)], process: gone }, gone],
    ["of the session, unknown", { streams: [withProcess(unseen)], process: null }, unseen],
    ["of the claim, unknown", { streams: [withProcess(null)], process: unseen }, unseen],
    ["nobody's", { streams: [withProcess(null)] }, null],
  ])("is %s", (_, task, liveness) => {
    expect(factsOf(task).liveness).toEqual(liveness);
  });

  it.each([
    ["a minute before the boot", 11 * minute, {}, null],
    ["a minute and 1 ms before the boot", 11 * minute + 1, {}, "gone"],
    ["long before a boot that is still to come", hour, { bootedAt: now + 1 }, null],
    ["before a boot of just now", hour, { bootedAt: now }, "gone"],
    ["where the boot is not known", hour, { bootedAt: null }, null],
  ])("went with the machine: last sign %s", (_, agoMs, given, state) => {
    const facts = factsOf(
      { streams: [stream("t", active(agoMs))] },
      { bootedAt: now - 10 * minute, ...given },
    );
    expect(facts.liveness?.state ?? null).toBe(state);
  });

  it.each([
    ["changed after the boot", claim({ updatedAt: now - minute }), null],
    ["created after the boot", claim({ createdAt: now - minute, updatedAt: null }), null],
    ["last changed before the boot", claim({ updatedAt: now - 30 * minute }), "gone"],
    ["of another host", claim({ updatedAt: now - 30 * minute, host: "elsewhere" }), null],
    ["without a time", claim({ updatedAt: null, createdAt: null }), null],
  ])("went with the machine by its claim, %s", (_, task, state) => {
    expect(factsOf(task, { bootedAt: now - 10 * minute }).liveness?.state ?? null).toBe(state);
  });

  it("went with the machine, and is named by the claim", () => {
    const { liveness } = factsOf(claim({ updatedAt: now - hour, pid: 48_213 }), { bootedAt: now - minute });
    expect(liveness).toMatchObject({
      pid: 48_213,
      says: expect.stringContaining("after its last sign of life"),
    });
  });
});
