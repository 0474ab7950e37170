import { openBudget } from "./budget.ts";
import { type Source, type SourceContext, type SourceReading, unread } from "./source.ts";

/** The beginning of the reason of a source that failed by our own fault. */
export const internalError = "internal error";

/**
 * What one source found within its budget. A fault of ours in it must not hide what the others saw: it is a failed row.
 * @throws what the source threw over a checkpoint: without it, it may find its way.
 */
export async function collect(
  source: Source,
  context: Omit<SourceContext, "budget">,
): Promise<SourceReading> {
  const budget = openBudget();
  try {
    const reading = await source.collect({ ...context, budget });
    return { ...reading, problems: [...reading.problems, ...budget.problems(context.root)] };
  } catch (error) {
    if (context.checkpoint !== null) throw error;
    return unread("failed", `${internalError}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
