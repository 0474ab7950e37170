import { z } from "zod";

const Count = z.number().int().nonnegative();

/** How many tasks there are, and of each health; the healths sum to `total`. */
export const Summary = z.object({
  total: Count,
  failed: Count,
  waiting: Count,
  stuck: Count,
  struggling: Count,
  unknown: Count,
  healthy: Count,
  completed: Count,
  cancelled: Count,
});
