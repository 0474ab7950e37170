import { ByFirstTwo } from "./by-first-two.ts";
import { isMixed, type Span } from "./tokens.ts";

// Secrets that only the words around them tell: a name before them, an address, a command.

/**
 * Who says that a value is secret. `password`: whatever stands there may be one, also a word; `secret`: what is no word;
 * `weak`: many other things are called so, so only what nobody would write by hand.
 */
type Teller = "password" | "secret" | "weak";

const tellers: Readonly<Record<Teller, readonly string[]>> = {
  password: ["password", "passwd", "passphrase", "pass", "pwd", "pw"],
  secret: ["secret", "token", "credentials", "credential", "jwt", "authorization"],
  weak: ["key", "auth", "signature", "sig", "bearer", "basic"],
};
/** Before `key`: what such a key opens. */
const keyOf =
  /(?:api|access|account|private|secret|signing|encryption|master|storage|license|deploy|service|auth|shared|client|subscription|integration|webhook|consumer|app|application|admin|server|write|ingest|host|function)[-_. ]?$/i;
/** Programs that are given a password without its name. */
const programs = [
  "curl",
  "wget",
  "sshpass",
  "login",
  "mysql",
  "maria",
  "mongo",
  "redis",
  "ldap",
  "7z",
  "zip",
  "openssl",
] as const;

type Word = {
  readonly word: string;
  readonly means: Teller | "program" | "cookie" | "manifest" | "address" | "armor";
};
const words = new ByFirstTwo<Word>();
/** The words that tell, in small letters. */
export const tellingWords: string[] = [];
for (const means of ["password", "secret", "weak"] as const)
  for (const word of tellers[means]) enter({ word, means }, "any case");
for (const word of programs) enter({ word, means: "program" });
enter({ word: "cookie:", means: "cookie" }, "any case");
enter({ word: "kind:", means: "manifest" });
enter({ word: "://", means: "address" });
enter({ word: "-----begin", means: "armor" });

function enter(word: Word, cases?: "any case"): void {
  words.enter(word.word, word, cases);
  tellingWords.push(word.word);
}

/** Behind a teller: more of the name or of the sentence, what stands between name and value, and how the value begins. */
const behind =
  /(?:[_-]?(?:base|value|prod|production|dev|staging|live|test|old|new|primary|secondary|hash|\d{1,2})|\s+(?:provided|given|supplied|received|used|sent|was|is)(?=[\s:]))?["'`\])]?((?:[ \t]{4,40}|\s{0,3})(?:=>|:=|={1,3}|:)(?:[ \t]{4,40}|\s{0,3})|>|\s{0,40}value=|\s{0,3},\s{0,3}(?=["'`])|\s{1,3})(["'`]?)/iy;

/** Where in a text secrets stand that the words around them tell, in no order. `places`: where such a word may begin. */
export function findTold(text: string, places: readonly number[]): readonly Span[] {
  const found: Span[] = [];
  let seen: Set<Word["means"]> | null = null;
  for (const at of places) {
    const here = words.at(text, at);
    if (here === undefined) continue;
    for (const { word, means } of here) {
      if (!isWordAt(text, at, word)) continue;
      if (means === "password" || means === "secret" || means === "weak")
        findNamed(text, at, word, means, found);
      else seen = (seen ?? new Set()).add(means);
      break;
    }
  }
  if (seen === null) return found;
  if (seen.has("address") && text.includes("@")) findInAddresses(text, found);
  if (seen.has("armor")) findAll(text, privateKey, found);
  if (seen.has("program")) findInCommands(text, found);
  if (seen.has("cookie")) findInCookies(text, found);
  if (seen.has("manifest") && /kind:\s*["']?secret\b/i.test(text)) findAll(text, manifestValue, found);
  return found;
}

// Letters differ from their capitals in one bit.
function isWordAt(text: string, at: number, word: string): boolean {
  for (let index = 2; index < word.length; index += 1)
    if ((text.charCodeAt(at + index) | 32) !== word.charCodeAt(index)) return false;
  return true;
}

function findNamed(text: string, at: number, word: string, means: Teller, found: Span[]): void {
  const after = at + word.length;
  if (isSaid(text, at, after)) return;
  const teller = word === "key" && keyOf.test(text.slice(Math.max(0, at - 16), at)) ? "secret" : means;
  // No other word ends in a long one: `PGPASSWORD`.
  const isShort = word.length < 6 || means !== "password";
  if (teller !== "secret" && isShort && isInWord(text, at)) return;
  behind.lastIndex = after;
  const match = behind.exec(text);
  if (match === null) return;
  const [, sign = "", quote = ""] = match;
  const start = behind.lastIndex;
  const value = valueAt(text, start, quote);
  if (value.length < 4) return;
  const next = text.charAt(start + value.length);
  const isBlank = sign.trim() === "" && !optionBefore.test(text.slice(Math.max(0, at - 40), at));
  const isTight = sign.includes("=") && !/\s|>/.test(sign);
  if (isSecret(value, { teller, isBlank, isTight, isQuoted: quote !== "", next }))
    found.push([start, start + value.length]);
}

/** Whether the word goes on (`tokens`, `authors`), or a short word of a sentence follows it: most do, and no value does. */
function isSaid(text: string, at: number, after: number): boolean {
  const next = text.charCodeAt(after);
  if ((next | 32) >= 97 && (next | 32) <= 122) return true;
  if (next !== 32 || text.charCodeAt(at - 1) === 45) return false;
  let end = after + 1;
  while (text.charCodeAt(end) >= 97 && text.charCodeAt(end) <= 122) end += 1;
  const last = text.charCodeAt(end);
  return end - after > 1 && end - after < 9 && (end === text.length || last === 32 || last === 46);
}

type Place = {
  readonly teller: Teller;
  /** Nothing but blanks stands between the name and the value, and the name is no option. */
  readonly isBlank: boolean;
  /** `name=value`, as in an environment or a query. */
  readonly isTight: boolean;
  readonly isQuoted: boolean;
  /** The character behind the value. */
  readonly next: string;
};

const optionBefore = /(?:^|[\s"'`[(,])--?[\w-]*$/;
const placeholder =
  /^(?:\[redacted|\$[\w{(]|<[\w ]|\{\{|%[A-Z_]+%|\*{3}|x{4,}$|\.{3}|…|your|example$|changeme$)|\*{4}|\$\{|\{\{/i;
/** What stands behind a password's name in a sentence, a type or a check. */
const saying =
  /^(?:string|number|boolean|true|false|null|none|undefined|unknown|required|missing|invalid|expired|incorrect|wrong|hidden|empty|optional|must|should|cannot|field|reset|prompt|password|username|auth|await|async|function|yes|self|this)$/i;
const wordsOnly = /^[A-Za-z]+(?:[-_ ][A-Za-z]+)*$/;
const wordsAndNumbers = /^[A-Za-z]+(?:[-_.](?:[A-Za-z]+|\d{1,4}))+$/;
/** `env.NAME`, `options.auth.token`, `AuthMode.Basic`, `readToken(`: the code that holds the value. */
const code =
  /^(?:[A-Za-z_$][A-Za-z_$]*\??\.)+[A-Za-z_$][\w$]*$|^[A-Za-z_$][\w$.]*\(|^[a-z]+(?:[A-Z][a-z]+)+$|^(?:[A-Z][a-z]+){2,}$/;
const path =
  /^(?:~|\.{1,2}|[A-Za-z]:)?\/?(?:[\w.@~-]+\/)+[\w.@~-]*(?::\d+)*$|^\/[\w.@~-]+$|^[\w-]+\.[a-z]{1,4}(?::\d+)*$/;
const date = /^\d{4}-\d\d-\d\d/;

function isSecret(value: string, { teller, isBlank, isTight, isQuoted, next }: Place): boolean {
  if (value.length < shortest(teller, isBlank, isTight && isQuoted)) return false;
  if (placeholder.test(value) || date.test(value) || isPath(value)) return false;
  if (!isQuoted && (next === "(" || code.test(value))) return false;
  if (isBlank) return !code.test(value) && isUnlikeWords(value);
  if (teller === "weak")
    // The key of a cache ends in a hash.
    return (isTight || !/-[a-f\d]{16,64}$/.test(value)) && !code.test(value) && isUnlikeWords(value);
  if (wordsOnly.test(value)) {
    if (value.includes(" ")) return isTight && isQuoted;
    if (teller === "password" && (isQuoted || isTight) && !saying.test(value)) return true;
    return /[A-Za-z]{20}/.test(value) || (!code.test(value) && isUnlikeWords(value));
  }
  if (value.includes(" "))
    return isTight || value.split(" ").some((word) => word.length > 7 && isMixed(word));
  if (teller === "secret" && wordsAndNumbers.test(value)) return false;
  return teller === "password" || !/^\d+$/.test(value) || (isTight && value.length > 11);
}

function shortest(teller: Teller, isBlank: boolean, isGiven: boolean): number {
  if (isBlank) return teller === "weak" ? 8 : 16;
  if (teller === "weak") return 12;
  return isGiven ? 4 : teller === "password" ? 5 : 8;
}

/** A path of words; what is in base64 may have strokes too. */
function isPath(value: string): boolean {
  return path.test(value) && !value.split("/").some((part) => part.length > 11 && isUnlikeWords(part));
}

/** Digits among letters, both cases without an order: nobody writes so by hand. */
function isUnlikeWords(value: string): boolean {
  return (
    value.split(/[-_.,=+/~:]+/).some((part) => {
      if (part.length < 5) return false;
      const turns = part
        .replace(/[a-z]+/g, "a")
        .replace(/[A-Z]+/g, "A")
        .replace(/\d+/g, "0").length;
      return turns > 4 || (part.length > 15 && turns > 1 && /\d/.test(part)) || /^[a-f\d]{12,}$/i.test(part);
    }) || /^[\w+/-]{12,}={1,2}$/.test(value)
  );
}

// `compass`, `monkey`, `design`: a short name begins a word, or a part of one.
function isInWord(text: string, at: number): boolean {
  const [before, first] = [text.charAt(at - 1), text.charAt(at)];
  return /[a-z]/i.test(before) && !(/[a-z]/.test(before) && /[A-Z]/.test(first));
}

function valueAt(text: string, start: number, quote: string): string {
  const rest = text.slice(start, start + 400);
  if (quote === "") return /^[^\s"'`,;&<>(){}[\]|]*/.exec(rest)?.[0].replace(/[.:]+$/, "") ?? "";
  const end = rest.indexOf(quote);
  return end === -1 ? rest : rest.slice(0, end);
}

/** `scheme://user:password@host`, `scheme://token@host`; the password may hold an `@` and, unless it begins like a port, a stroke. */
const address =
  /[a-z][a-z0-9+.-]{1,20}:\/\/([^\s/@:"'`<>]*:(?:[^\s/"'`<>]+|(?!\d+\/)[^\s"'`<>]+)|[^\s/@:"'`<>]{16,})@(?=[\w[$<{-])/gi;

/** What stands in an address for a password that is elsewhere: `$TOKEN`, `${{ secrets.X }}`, `<password>`, `{token}`, `%PASS%`. */
const standIn = /:(?:\$\w+|\$?\{{1,2}[\w. -]+\}{1,2}|<[\w -]+>|%\w+%|\$\([^()]*\))$/;

function findInAddresses(text: string, found: Span[]): void {
  for (const match of text.matchAll(address)) {
    const credentials = match[1] ?? "";
    const start = match.index + match[0].length - 1 - credentials.length;
    const isUser = !credentials.includes(":") && !isUnlikeWords(credentials);
    if (!isUser && !standIn.test(credentials)) found.push([start, start + credentials.length]);
  }
}

const privateKey =
  /-----BEGIN[A-Z0-9 _-]{0,60}PRIVATE KEY(?: BLOCK)?-----(?=[\s\S]{0,200}?(?:[A-Z]{3}|[a-z][A-Z]|[A-Z][a-z]+\d|\d[A-Za-z]))[\s\S]*?(?:KEY(?: BLOCK)?-----|$)/g;
/** A value below `data:` of a Kubernetes secret. */
const manifestValue = /(?<=[\w.]:\s{0,20}["']?)[A-Za-z0-9+/]{10,}={0,3}/g;

function findAll(text: string, pattern: RegExp, found: Span[]): void {
  for (const { 0: match, index } of text.matchAll(pattern)) found.push([index, index + match.length]);
}

/** In a command's words, from its name on: the option, and the password behind it. */
const passwordOptions: readonly RegExp[] = [
  /\b(?:curl|wget)\b[^|;\n]*?["'\s](?:-u|--user|--proxy-user|-a)["',=\s]{1,5}[^\s:"']*["']?:["']?([^\s"']{3,})/dg,
  /\bsshpass["',\s]{1,5}-p["',\s]{0,5}([^\s"']{3,})/dg,
  /\blogin\b[^|;\n]*?["'\s]-p["',=\s]{0,5}([^\s"'\d:][^\s"']{2,}|\d[^\s"':]*[A-Za-z][^\s"':]*)/dg,
  /\b(?:mysql|mariadb)\w*[^|;\n]*?["'\s]-p([^\s"']{3,})/dg,
  /\b(?:mongo\w*|redis-cli|ldap\w+)[^|;\n]*?["'\s]-[paw]["',=\s]{1,5}([^\s"']{4,})/dg,
  /\b(?:7z|zip|unzip)\b[^|;\n]*?["'\s](?:-p|-P["',\s]{1,5})([^\s"']{3,})/dg,
  /\bpass:([^\s"']{4,})/dg,
  /\blogin\s{1,3}[^\s"']+\s{1,3}password\s{1,3}([^\s"']{3,})/dg,
];

function findInCommands(text: string, found: Span[]): void {
  if (!/["'\s]-|pass:|password\s/.test(text)) return;
  for (const pattern of passwordOptions) {
    for (const { indices, 1: value = "" } of text.matchAll(pattern)) {
      const span = indices?.[1];
      if (span !== undefined && !placeholder.test(value) && !isPath(value)) found.push(span);
    }
  }
}

const cookieAttributes = /^(?:path|domain|expires|max-age|samesite|secure|httponly|priority)$/i;

function findInCookies(text: string, found: Span[]): void {
  const start = text.search(/cookie:/i);
  for (const match of text.slice(start).matchAll(/([^\s=;,"']+)=([^\s;,"']{6,})/g)) {
    const [whole, name = "", value = ""] = match;
    const end = start + match.index + whole.length;
    if (!cookieAttributes.test(name) && /\d|[a-z][A-Z]/.test(value)) found.push([end - value.length, end]);
  }
}
