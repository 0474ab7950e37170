import type { Activity } from "./activity.ts";

/**
 * The activity of an agent whom the end of a background command does not wake (Codex 0.171.0; Gemini CLI 0.61.0 unless it is
 * set to): once the turn is over nobody waits for what goes on there, and a note names it instead.
 */
export function withLeftRunning(activity: Activity): {
  readonly activity: Activity;
  readonly notes: readonly string[];
} {
  const left = activity.children.filter(({ kind, endedAt }) => kind === "shell" && endedAt === null);
  if (activity.ended === null || left.length === 0) return { activity, notes: [] };
  return {
    activity: { ...activity, children: activity.children.filter((child) => !left.includes(child)) },
    notes: left.map(({ id, title }) => `goes on in the background: ${title ?? id}`),
  };
}
