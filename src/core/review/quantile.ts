/**
 * The value below which `share` (0 to 1) of `numbers` lie, interpolated between neighbours (`quantile_cont` of SQL);
 * null of none.
 */
export function quantile(numbers: readonly number[], share: number): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(place)];
  const upper = sorted[Math.ceil(place)];
  if (lower === undefined || upper === undefined) return null;
  return lower + (upper - lower) * (place - Math.floor(place));
}

/** The same, rounded to a whole number. */
export function wholeQuantile(numbers: readonly number[], share: number): number | null {
  const value = quantile(numbers, share);
  return value === null ? null : Math.round(value);
}
