import { ByFirstTwo } from "./by-first-two.ts";
import { type SecretKind, secretKinds, secretShapes } from "./secret-kinds.ts";

/** A part of a text, from its first character to behind its last. */
export type Span = readonly [start: number, end: number];

type Kind =
  | { readonly prefix: string; readonly kind: SecretKind }
  | { readonly prefix: string; readonly whole: RegExp };

const allKinds = new ByFirstTwo<Kind>();
for (const kind of secretKinds)
  for (const prefix of spellOut(kind[1])) allKinds.enter(prefix, { prefix, kind });
for (const [, hint, whole] of secretShapes)
  for (const prefix of spellOut(hint)) allKinds.enter(prefix, { prefix, whole });

/** No token is shorter; with what stands before its random part. */
const shortestToken = 14;

/** Where in a text tokens of a known kind stand, in no order. */
export function findTokens(text: string): readonly Span[] {
  const found: Span[] = [];
  for (let start = 0; start + shortestToken <= text.length; ) {
    let at = start + shortestToken - 1;
    while (at >= start && text.charCodeAt(at) > 32) at -= 1;
    if (at >= start) {
      start = at + 1;
      continue;
    }
    let end = start + shortestToken;
    while (end < text.length && text.charCodeAt(end) > 32) end += 1;
    findInRun(text.slice(start, end), start, found);
    start = end + 1;
  }
  return found;
}

/** The same in what stands between two blanks. */
function findInRun(run: string, offset: number, found: Span[]): void {
  // A word or the path of one is no token.
  if (run.length < 19 && !/[A-Z0-9]/.test(run)) return;
  let tried: Set<RegExp> | null = null;
  for (let at = allKinds.next(run, 0); at !== -1; at = allKinds.next(run, at + 1)) {
    for (const kind of allKinds.at(run, at)) {
      if (!run.startsWith(kind.prefix, at)) continue;
      if ("whole" in kind) {
        if (tried?.has(kind.whole)) continue;
        tried = (tried ?? new Set()).add(kind.whole);
        for (const { 0: match, index } of run.matchAll(kind.whole))
          found.push([offset + index, offset + index + match.length]);
        continue;
      }
      const patterns = patternsOf(kind.kind);
      if (patterns.before !== null && at > 0 && patterns.before.test(run.charAt(at - 1))) continue;
      patterns.rest.lastIndex = at + kind.prefix.length;
      const rest = patterns.rest.exec(run)?.[0];
      if (rest === undefined || (rest.length >= 12 && !isMixed(rest))) continue;
      patterns.all.lastIndex = at + kind.prefix.length;
      const all = patterns.all.exec(run)?.[0] ?? rest;
      const end = at + kind.prefix.length + all.replace(/\.$/, "").length;
      found.push([offset + at, offset + end]);
      at = end - 1;
      break;
    }
  }
}

/** Whether no word or name is written so: digits among letters, both cases, or much without a gap. */
export function isMixed(text: string): boolean {
  return text
    .split(/[-_.=+/~]+/)
    .some(
      (part) =>
        /\d{5}|[A-Za-z]{16}/.test(part) || (part.length > 4 && (hasDigits(part) || hasBothCases(part))),
    );
}

const hasDigits = (part: string) => /\d/.test(part) && /[A-Za-z]/.test(part);
const hasBothCases = (part: string) => /[A-Z]/.test(part) && /[a-z]/.test(part);

type Patterns = { readonly rest: RegExp; readonly all: RegExp; readonly before: RegExp | null };

const compiled = new Map<SecretKind, Patterns>();

// Of hundreds of kinds a look meets the beginnings of a few: compiling all of them takes longer than a small look.
function patternsOf(kind: SecretKind): Patterns {
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  const [, , rest, least, notAfter] = kind;
  const patterns = {
    // So much tells it; prefixes in a row must not each be read to the end.
    rest: new RegExp(`[${rest}]{${least},${least + 40}}`, "y"),
    all: new RegExp(`[${rest}]*`, "y"),
    before: notAfter === undefined ? null : new RegExp(`[${notAfter}]`),
  };
  compiled.set(kind, patterns);
  return patterns;
}

/** `a{b,c}` → `ab`, `ac`. */
function spellOut(prefix: string): string[] {
  const match = /^([^{]*)\{([^}]*)\}(.*)$/.exec(prefix);
  if (match === null) return [prefix];
  const [, head = "", choices = "", tail = ""] = match;
  return choices.split(",").flatMap((choice) => spellOut(`${head}${choice}${tail}`));
}
