import { Beginnings, type Signs } from "./first-look.ts";
import { findTokens, type Span, tokenHints } from "./tokens.ts";
import { findTold, tellingWords } from "./told-secrets.ts";
import { vanishing } from "./unprintable.ts";

const beginnings = new Beginnings();
for (const name of [...tokenHints, ...tellingWords]) beginnings.enter(name);

/** Where secrets stand in a text, in order and apart, and what kinds of signs are in it. */
export type Secrets = { readonly spans: readonly Span[]; readonly signs: Signs };

/**
 * Where secrets stand in a text. It is looked at as it stands and as it reads when what nobody sees is gone and its own
 * escapes are undone: JSON in JSON, an encoded address, the colours of a terminal that were written out.
 */
export function findSecrets(text: string): Secrets {
  return lookFor(text, findAny);
}

function findAny(text: string, places: readonly number[]): readonly Span[] {
  const tokens = findTokens(text, places);
  const told = findTold(text, places);
  return tokens.length === 0 ? told : [...tokens, ...told];
}

/** The same for tokens of a known kind only. */
export function findKnownTokens(text: string): Secrets {
  return lookFor(text, findTokens);
}

type Find = (view: string, places: readonly number[]) => readonly Span[];
const nothing: readonly Span[] = [];

function lookFor(text: string, find: Find): Secrets {
  const { signs, hasEscapes, places } = beginnings.lookAt(text);
  const found = places.length === 0 ? nothing : find(text, places);
  const undone = hasEscapes || signs === "foreign" ? undoEscapes(text) : null;
  if (undone === null) return { spans: found.length < 2 ? found : join(found), signs };
  const inView = find(undone.view, beginnings.lookAt(undone.view).places);
  const more = inView.map(
    ([start, end]): Span => [undone.places[start] ?? 0, undone.places[end] ?? text.length],
  );
  return { spans: join([...found, ...more]), signs };
}

const written =
  /\\+(?:u001[bB]|x1[bB]|033|e)\[[\d;]*[A-Za-z]|\\+(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrt0"'/])|%(?:25)*[0-9A-Fa-f]{2}|&(?:amp|quot|apos|lt|gt|#\d{2,4}|#x[0-9A-Fa-f]{2,4});/
    .source;
const escapes = new RegExp(`${written}|${vanishing}`, "gu");
const ignorable = /\p{Default_Ignorable_Code_Point}/u;
const entities: Readonly<Record<string, string>> = { amp: "&", quot: '"', apos: "'", lt: "<", gt: ">" };

/** The text with its escapes undone, and where each of its characters stood; one more for its end. null: it has none. */
function undoEscapes(text: string) {
  const [parts, places]: [string[], number[]] = [[], []];
  let last = 0;
  const take = (until: number) => {
    parts.push(text.slice(last, until));
    for (let at = last; at < until; at += 1) places.push(at);
  };
  for (const { 0: sign, index } of text.matchAll(escapes)) {
    take(index);
    last = index + sign.length;
    const meant = meaningOf(sign);
    parts.push(meant);
    if (meant !== "") places.push(index);
  }
  if (last === 0) return null;
  take(text.length);
  places.push(text.length);
  return { view: parts.join(""), places };
}

function meaningOf(sign: string): string {
  if (sign.startsWith("&")) {
    const name = sign.slice(1, -1);
    return entities[name] ?? characterOf(name.replace("#x", "0x").replace("#", ""));
  }
  if (sign.startsWith("%")) return characterOf(`0x${sign.slice(-2)}`);
  if (!sign.startsWith("\\")) return "";
  const letters = sign.replace(/^\\+/, "");
  if (letters.includes("[")) return "";
  if (letters.length > 1) return characterOf(`0x${letters.slice(1)}`);
  return /[nrt0]/.test(letters) ? "\n" : letters;
}

function characterOf(code: string): string {
  const character = String.fromCharCode(Number(code));
  return ignorable.test(character) ? "" : character;
}

function join(spans: readonly Span[]): readonly Span[] {
  const joined: [number, number][] = [];
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}
