/** The newest of the versions that are known, by their numbers; null where there is none. */
export function newestOf(versions: readonly (string | null)[]): string | null {
  return versions.reduce<string | null>((newest, version) => {
    if (version === null || numbersOf(version).length === 0) return newest;
    return newest === null || isNewer(version, newest) ? version : newest;
  }, null);
}

/** Whether a version is of a later generation (its first number) than any that was `seen`. */
export function isNewerGeneration(version: string, seen: string): boolean {
  return (numbersOf(version)[0] ?? 0) > (numbersOf(seen)[0] ?? 0);
}

function isNewer(version: string, than: string): boolean {
  const [own, other] = [numbersOf(version), numbersOf(than)];
  const at = own.findIndex((number, index) => number !== (other[index] ?? 0));
  return at !== -1 && (own[at] ?? 0) > (other[at] ?? 0);
}

function numbersOf(version: string): readonly number[] {
  return (/^v?(\d+(?:\.\d+){0,3})/.exec(version)?.[1] ?? "")
    .split(".")
    .filter((part) => part !== "")
    .map(Number);
}
