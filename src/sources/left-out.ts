import { plural } from "../core/text/duration.ts";

/** What to say of an agent's sessions in the main checkout: a person works there, and no background task does. */
export function personalNotes(agent: string, count: number): readonly string[] {
  if (count === 0) return [];
  return [`${plural(count, `${agent} session`)} in the main checkout not shown: a person's own`];
}
