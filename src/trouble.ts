/** Trouble of the monitor itself, in words for its user. */
export class Trouble extends Error {}

/** What an error says; whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
