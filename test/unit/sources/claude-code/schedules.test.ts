import { afterEach, describe, expect, it } from "vitest";
import { writtenAt } from "../../../support/laid-out-home.ts";
import { answers, calls, clear, first, goOn, lay, said, userText } from "./looking.ts";

afterEach(clear);

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
    ["*/7 * * * *", 7 * 60_000 * 1.1],
    ["20 * * * *", 66 * 60_000],
    ["20 6 * * *", 24 * 3_600_000 + 15 * 60_000],
  ])("sleeps until the next one after a prompt of %s", async (cron, untilMs) => {
    const firedAt = writtenAt - 27_000;
    expect(await asleep(...created(cron), fired, said("Nothing new."))).toMatchObject({
      untilAt: firedAt + untilMs,
    });
  });

  it("is not asleep when nobody can tell the next time, or after the schedule was given up", async () => {
    expect(await asleep(...created("20 6 1 * *"), fired, said("Done."))).toBeNull();
    const deleted = calls("k2", "CronDelete", { id: "45e007ec" });
    expect(await asleep(...created("*/7 * * * *"), deleted, said("Given up."))).toBeNull();
  });
});
