/** From `from` on, up to and without `to`; epoch milliseconds, so neither time zone nor summer time changes it. */
export type Window = { readonly from: number; readonly to: number };

export function isInside(window: Window, at: number): boolean {
  return at >= window.from && at < window.to;
}
