export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** When every sample is looked at. */
export const now = Date.parse("2026-11-22T14:32:00Z");
