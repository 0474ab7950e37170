import { redactSecrets, textLimit } from "./safe-text.ts";

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
  return question.length <= textLimit ? question : `…${endOf(question, textLimit - 1)}`;
}

/** The end of a text, at most so many characters. Secrets go first: half of one is not known for one. */
export function endOf(text: string, most: number): string {
  return text.length <= most ? text : redactSecrets(text.slice(-8 * most)).slice(-most);
}
