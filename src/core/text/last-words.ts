import { textLimit } from "./safe-text.ts";

/** What of an agent's last words a row has room for: the question that they end with, else their beginning. */
export function lastWords(text: string): string {
  return questionIn(text) ?? text;
}

/** The question that a text ends with; null when it asks nothing at its end. */
export function questionIn(text: string): string | null {
  const end = text.trim().replace(/[*_`"')\]\s]+$/, "");
  if (!/[?？]$/.test(end)) return null;
  const sentence = end.split(/(?<=[.!?？])\s+|\n+/).findLast((part) => part.trim() !== "") ?? end;
  const question = sentence.trim();
  return question.length <= textLimit ? question : `…${question.slice(1 - textLimit)}`;
}
