/** A word as a POSIX shell reads it back: as it is where no sign of it means anything there, else in single quotes. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) && !/^[=~]/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
