import fc from "fast-check";

/** Values that a file may hold where another kind is expected. */
export const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    -0,
    1e308,
    Number.POSITIVE_INFINITY,
    1e-320,
    2 ** 53,
    -(2 ** 63),
    0.1,
    NaN,
    "",
    " ",
    "null",
    "0",
    "__proto__",
    "constructor",
    "\u0000",
    "\u001b[2J",
    "\ud800",
    "\u202e",
    "a/../../b",
    "2026-02-30T25:61:00Z",
    "9999-12-31T23:59:60+14:00",
    "x".repeat(9_000),
    [],
    {},
    [[]],
    [null],
    { __proto__: null },
    { toString: 1 },
    { length: -1 },
    Array.from({ length: 300 }, () => 1),
  ),
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: "binary", maxLength: 60 }),
);
const change = fc.tuple(fc.nat(), fc.constantFrom("replace", "remove", "add", "rename", "wrap"), odd);
const keys = fc.constantFrom(
  "type",
  "status",
  "id",
  "timestamp",
  "payload",
  "message",
  "content",
  "role",
  "item",
  "state",
  "time",
  "input",
  "output",
  "__proto__",
  "toString",
  "",
  "error",
  "at",
  "task_id",
  "call_id",
);

/** A valid record with up to four things in it changed; sometimes anything at all. */
export function changed(records: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.nat(), edits).map(([pick, edit]) => edit(records[pick % records.length])),
    },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: fc.dictionary(keys, odd, { maxKeys: 8 }) },
  );
}

/** Up to four changes of things anywhere in a value. */
export const edits: fc.Arbitrary<(value: unknown) => unknown> = fc
  .tuple(fc.array(change, { minLength: 1, maxLength: 4 }), keys)
  .map(
    ([changes, key]) =>
      (value: unknown) =>
        changes.reduce((before, one) => mutate(before, one, key), value),
  );

function mutate(
  record: unknown,
  [pick, how, value]: readonly [number, string, unknown],
  key: string,
): unknown {
  const paths = pathsIn(record, []);
  const path = paths[pick % paths.length] ?? [];
  return edit(record, path, how, value, key);
}

function pathsIn(value: unknown, path: readonly string[]): (readonly string[])[] {
  if (typeof value !== "object" || value === null || path.length > 12) return [path];
  return [path, ...Object.entries(value).flatMap(([key, field]) => pathsIn(field, [...path, key]))];
}

function edit(value: unknown, path: readonly string[], how: string, by: unknown, name: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null)
    return how === "wrap"
      ? [value]
      : how === "add" && typeof value === "object" && value !== null
        ? { ...value, [name]: by }
        : by;
  const entries = Object.entries(value).flatMap(([own, field]): [string, unknown][] => {
    if (own !== key) return [[own, field]];
    if (rest.length > 0) return [[own, edit(field, rest, how, by, name)]];
    if (how === "remove") return [];
    return how === "rename" ? [[name, field]] : [[own, how === "wrap" ? [field] : by]];
  });
  return Array.isArray(value) ? entries.map(([, field]) => field) : Object.fromEntries(entries);
}

/** Bytes of a valid line, some changed. */
export function torn(records: readonly unknown[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.nat(),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
      fc.nat(),
      fc.boolean(),
    )
    .map(([pick, bytes, cut, isCut]) => {
      const line = Buffer.from(JSON.stringify(records[pick % records.length]) ?? "");
      for (const [at, byte] of bytes) line[at % Math.max(1, line.length)] = byte;
      return (isCut ? line.subarray(0, cut % (line.length + 1)) : line).toString("utf8");
    });
}
