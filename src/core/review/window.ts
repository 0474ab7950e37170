/** From `from` on, up to and without `to`; epoch milliseconds, so neither time zone nor summer time changes it. */
export type Window = { readonly from: number; readonly to: number };

export function isInside(window: Window, at: number): boolean {
  return at >= window.from && at < window.to;
}

/** So long before a window its tasks and runs are looked at: what they were when it began, and how far apart runs are. */
const leadMs = 24 * 3_600_000;

/** From when on events matter to a window. `lastBefore`: the last one ahead of it; where runs had ended, theirs say how often they were due. */
export function leadOf(window: Window, lastBefore: number | null): number {
  return (lastBefore ?? window.from) - leadMs;
}
