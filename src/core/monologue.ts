import type { Monologue } from "./evidence/activity.ts";
import { hashText } from "./evidence/call-digest.ts";

/** Counts a message of the agent: equal ones in a row without a call between them. */
export function countWords(
  activity: { monologue: Monologue },
  said: { readonly text: string; readonly at: number },
): void {
  const text = said.text.trim();
  if (text === "") return;
  const textHash = hashText(text);
  const { monologue } = activity;
  const isSame = monologue.textHash === textHash;
  activity.monologue = {
    ...monologue,
    textHash,
    count: isSame ? monologue.count + 1 : 1,
    startedAt: isSame || monologue.condensed > 0 ? monologue.startedAt : said.at,
  };
}

/** Nothing said since the last call. */
export function silence(): Monologue {
  return { textHash: null, count: 0, condensed: 0, startedAt: null };
}
