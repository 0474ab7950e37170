/** A count with its noun: `1 task`, `3 tasks`. `many`: the plural where it is not the noun with an `s`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
