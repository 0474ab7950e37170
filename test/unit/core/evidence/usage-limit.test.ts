import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { usageLimitOf } from "../../../../src/core/evidence/usage-limit.ts";

const at = Date.parse("2026-12-07T08:03:00Z");
const until = (message: string) => {
  const limit = usageLimitOf(message, at);
  return limit?.untilAt == null ? limit : new Date(limit.untilAt).toISOString().slice(0, 16);
};

describe("an error about a usage limit", () => {
  beforeEach(() => vi.stubEnv("TZ", "UTC"));
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ["You’ve hit your usage limit. Try again at Dec 8th, 2026 9:15 AM.", "2026-12-08T09:15"],
    ["You've hit your usage limit. Try again at 9:15 PM.", "2026-12-07T21:15"],
    ["You've hit your usage limit. Try again in 1 day 2 hours 5 minutes.", "2026-12-08T10:08"],
    ["Claude AI usage limit reached|1796680800", "2026-12-07T22:00"],
    ["5-hour limit reached ∙ resets 6pm", "2026-12-07T18:00"],
    ["You've hit your session limit · resets 7:30am", "2026-12-08T07:30"],
    ["You've hit your limit · resets 6pm (Europe/Berlin)", "2026-12-07T17:00"],
    ["You've hit your limit · resets 12am (Nowhere/Land)", "2026-12-08T00:00"],
    ["Weekly limit reached ∙ resets Dec 9, 10am", "2026-12-09T10:00"],
    ["Weekly limit reached ∙ resets Jan 2 at 10am", "2027-01-02T10:00"],
    [
      "You have exhausted your capacity on this model. Your quota will reset after 12h30m5s.",
      "2026-12-07T20:33",
    ],
  ])("tells until when: %s", (message, time) => {
    expect(until(message)).toBe(time);
  });

  it.each([["You've reached your usage limit."], ["Free usage exceeded, add credits"]])(
    "may not tell until when: %s",
    (message) => {
      expect(usageLimitOf(message, at)).toEqual({ untilAt: null });
    },
  );

  it.each([["rate limit exceeded, try again in 3s"], ["stream disconnected"], [""]])(
    "is not: %s",
    (message) => {
      expect(usageLimitOf(message, at)).toBeNull();
    },
  );
});
