/** The kind of an error from its first words: `old_string not found in src/app.ts` → `old_string_not_found`. */
export function errorType(message: string | null): string | null {
  if (message === null) return null;
  const head = message.split(/[:;,.("']|\s(?:in|at|on|for|of)\s/)[0] ?? "";
  const words =
    head
      .toLowerCase()
      .match(/[a-z][a-z_]*/g)
      ?.slice(0, 5) ?? [];
  return words.length === 0 ? null : words.join("_");
}
