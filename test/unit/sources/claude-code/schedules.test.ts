import { afterEach, describe, expect, it } from "vitest";
import { nextTime } from "../../../../src/core/text/cron.ts";
import { writtenAt } from "../../../support/laid-out-home.ts";
import { answers, calls, clear, first, goOn, lay, said, userText } from "./looking.ts";

afterEach(clear);

const minute = 60_000;
const nextFireAt = writtenAt + 90_000;
const created = (cron: string) => [
  calls("k1", "CronCreate", { cron, recurring: true }),
  answers("k1", "Scheduled", {
    toolUseResult: { id: "45e007ec", humanSchedule: "Every 7 minutes", recurring: true, nextFireAt },
  }),
  said("Scheduled."),
];
const fired = userText("Check", { isMeta: true, scheduledTaskId: "45e007ec" });
const asleep = async (...records: readonly object[]) =>
  (await first(goOn(lay("idle"), ...records))).activity.asleep;

describe("a session with a schedule", () => {
  it("sleeps until its first prompt", async () => {
    expect(await asleep(...created("*/7 * * * *"))).toMatchObject({
      untilAt: nextFireAt,
      reason: "Every 7 minutes",
    });
  });

  it.each([
    ["*/7 * * * *", 7 * minute * 0.1],
    ["20 * * * *", 6 * minute],
    ["20 6 * * *", 15 * minute],
    ["0,30 * * * *", 3 * minute],
  ])("sleeps until the next one after a prompt of %s, which may be a little late", async (cron, lateMs) => {
    const next = nextTime(cron, writtenAt - 27_000) ?? 0;
    const { untilAt } = (await asleep(...created(cron), fired, said("Nothing new."))) ?? {};
    expect((untilAt ?? 0) - next).toBe(lateMs);
  });

  it("is not asleep when nobody can tell the next time, or after the schedule was given up", async () => {
    expect(await asleep(...created("@hourly"), fired, said("Done."))).toBeNull();
    const deleted = calls("k2", "CronDelete", { id: "45e007ec" });
    expect(await asleep(...created("*/7 * * * *"), deleted, said("Given up."))).toBeNull();
  });
});
