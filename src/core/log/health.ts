export const healths = [
  "failed",
  "waiting",
  "stuck",
  "struggling",
  "unknown",
  "healthy",
  "cancelled",
  "completed",
] as const;
/** In the order in which tasks are printed. */
export type Health = (typeof healths)[number];

/** How a thing is known: seen in evidence, said by somebody, or concluded from what is missing. */
export type Basis = "observed" | "reported" | "inferred";

export type Severity = "ok" | "unknown" | "warning" | "critical";

export const severityOf = {
  failed: "critical",
  waiting: "warning",
  stuck: "warning",
  struggling: "warning",
  unknown: "unknown",
  healthy: "ok",
  cancelled: "ok",
  completed: "ok",
} as const satisfies Record<Health, Severity>;

/** Whether a health is an end: nothing more is expected of the task. */
export function isEnded(health: Health): boolean {
  return health === "completed" || health === "failed" || health === "cancelled";
}

/** How work can end. */
export const outcomes = ["success", "failure", "timeout", "cancelled"] as const;
