import { originOf } from "../../evidence/stream.ts";
import { formatMoment } from "../../text/time.ts";
import { processOrigin, type Rule } from "./rule.ts";

/** A wake-up comes on a whole minute and needs a moment to show. */
const graceMs = 120_000;

/**
 * Its turn is over and it goes on by itself at a time that it named: well until then, stuck when nothing came of it, and
 * dead with its process, which alone would have woken it. What a person did in between may have taken its place.
 */
export const asleep: Rule = ({ current, liveness, now }) => {
  const wake = current?.activity.asleep;
  if (current === null || wake == null || current.activity.ended?.outcome !== "success") return null;
  const { untilAt, reason, at, line } = wake;
  if (liveness?.state === "gone") {
    const says = `${untilAt > now ? "will never come" : "never came"}; ${liveness.says}`;
    return {
      finding: {
        code: "process_gone",
        pid: liveness.pid,
        says: `its wake-up of ${formatMoment(untilAt, now)} ${says}`,
      },
      basis: "observed",
      origin: processOrigin({ now }),
    };
  }
  const isMissed = now >= untilAt + graceMs;
  if (isMissed && (current.activity.lastUserMessageAt ?? 0) > at) return null;
  return {
    finding: { code: isMissed ? "wakeup_missed" : "asleep", untilAt, reason },
    basis: isMissed ? "inferred" : "observed",
    origin: originOf(current, at, line),
  };
};
