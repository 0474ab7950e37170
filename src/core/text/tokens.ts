import { ByFirstTwo } from "./by-first-two.ts";
import { type SecretKind, secretKinds } from "./secret-kinds.ts";
import { secretShapes } from "./secret-shapes.ts";

/** A part of a text, from its first character to behind its last. */
export type Span = readonly [start: number, end: number];

type Kind =
  | { readonly prefix: string; readonly kind: SecretKind }
  | { readonly prefix: string; readonly whole: RegExp };

const allKinds = new ByFirstTwo<Kind>();
/** How tokens begin, or what stands in them. */
export const tokenHints: string[] = [];
for (const kind of secretKinds) for (const prefix of spellOut(kind[1])) enter({ prefix, kind });
for (const [, hint, whole] of secretShapes) for (const prefix of spellOut(hint)) enter({ prefix, whole });

function enter(kind: Kind): void {
  allKinds.enter(kind.prefix, kind);
  tokenHints.push(kind.prefix);
}

/** No token is shorter; with what stands before its random part. */
const shortestToken = 14;

/** Where in a text tokens of a known kind stand, in no order. `places`: where one of their hints may begin. */
export function findTokens(text: string, places: readonly number[]): readonly Span[] {
  const found: Span[] = [];
  let start = 0;
  let end = 0;
  let next = 0;
  let run = "";
  let tried: Set<RegExp> | null = null;
  for (const place of places) {
    const kinds = place < next ? undefined : allKinds.at(text, place);
    if (kinds === undefined) continue;
    for (const kind of kinds) {
      if (!isPrefixAt(text, place, kind.prefix) || isInName(text, place, kind)) continue;
      if (place >= end) {
        // Tokens have no blanks in them.
        start = place;
        end = place;
        while (text.charCodeAt(start - 1) > 32) start -= 1;
        while (text.charCodeAt(end) > 32) end += 1;
        run = text.slice(start, end);
        tried = null;
        if (isWord(run)) next = end;
      }
      if (place < next) break;
      if ("whole" in kind) {
        if (tried?.has(kind.whole)) continue;
        tried = (tried ?? new Set()).add(kind.whole);
        for (const { 0: match, index } of run.matchAll(kind.whole))
          found.push([start + index, start + index + match.length]);
        continue;
      }
      const length = lengthAt(run, place - start, kind);
      if (length === 0) continue;
      next = length < shortestLine ? place + length : endOfLines(text, place + length);
      found.push([place, next]);
      break;
    }
  }
  return found;
}

/** What is encoded in base64 is wrapped after 64 or 76 characters; where the lines end that go on from there. */
function endOfLines(text: string, end: number): number {
  moreLines.lastIndex = end;
  return moreLines.test(text) ? moreLines.lastIndex : end;
}

const shortestLine = 56;
const moreLines = /(?:\r?\n[A-Za-z0-9+/]{40,})*\r?\n[A-Za-z0-9+/]+={0,2}(?=\s|$)(?<=[A-Za-z0-9+/]{40}|=)/y;

/** A word, or the path of one, is no token. */
function isWord(run: string): boolean {
  return run.length < shortestToken || (run.length < 19 && !/[A-Z0-9]/.test(run));
}

// Not `startsWith`: a call of it costs more than most of these comparisons. From its end, where words differ from it.
function isPrefixAt(text: string, place: number, prefix: string): boolean {
  for (let index = prefix.length - 1; index > 1; index -= 1)
    if (text.charCodeAt(place + index) !== prefix.charCodeAt(index)) return false;
  return true;
}

/** Whether words end like the prefix, and one seems to end there. */
function isInName(text: string, place: number, kind: Kind): boolean {
  if ("whole" in kind || kind.kind[4] === undefined || place === 0) return false;
  return patternsOf(kind.kind).before?.test(text.slice(Math.max(0, place - 2), place)) ?? false;
}

/** How long the token is that begins there; 0 where none does. */
function lengthAt(run: string, at: number, { prefix, kind }: Kind & { readonly kind: SecretKind }): number {
  const patterns = patternsOf(kind);
  patterns.rest.lastIndex = at + prefix.length;
  const rest = patterns.rest.exec(run)?.[0];
  if (rest === undefined || (rest.length >= 12 && !isMixed(rest))) return 0;
  patterns.all.lastIndex = at + prefix.length;
  const all = patterns.all.exec(run)?.[0] ?? rest;
  return prefix.length + all.replace(/\.$/, "").length;
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
    before: notAfter === undefined ? null : new RegExp(`${notAfter}$`),
  };
  compiled.set(kind, patterns);
  return patterns;
}

/** `a{b,c}` → `ab`, `ac`. */
function spellOut(prefix: string, into: string[] = []): readonly string[] {
  const open = prefix.indexOf("{");
  const close = prefix.indexOf("}", open);
  if (open === -1) into.push(prefix);
  else
    for (const choice of prefix.slice(open + 1, close).split(","))
      spellOut(prefix.slice(0, open) + choice + prefix.slice(close + 1), into);
  return into;
}
