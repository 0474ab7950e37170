import { recordOf } from "./fields.ts";
import { findKnownTokens, findSecrets, type Secrets } from "./find-secrets.ts";
import { knowing } from "./known.ts";
import type { Span } from "./tokens.ts";
import { isPrintable, toLine, toPrintable } from "./unprintable.ts";

/** The most characters that text copied from an agent's file keeps: enough to say what happened, too few to publish it. */
export const textLimit = 200;
/** Linux's own limit of a path. */
const longestPath = 4_096;
const redacted = "[redacted]";

/**
 * Makes text that another program wrote safe to print, record and annotate: one line, no escape sequences, no control
 * or invisible characters, secrets replaced by `[redacted]`, at most `limit` characters.
 */
export function plainText(raw: string, limit: number = textLimit): string {
  return limit === textLimit ? plainWords(raw) : makePlain(raw, limit);
}

const plainWords = knowing((raw) => makePlain(raw, textLimit));

function makePlain(raw: string, limit: number): string {
  // Bounded before any pattern sees it: the text may be megabytes long.
  const bounded = raw.slice(0, limit * 8);
  const plain = printable(bounded, findSecrets(bounded), limit);
  // What the bound cut in two may be half a secret; it shows only where most before it was invisible.
  const whole = bounded.length < raw.length && plain.length < limit ? plain.replace(/\S*$/, "") : plain;
  return shorten(whole, limit);
}

/** `enough`: how much of it is wanted. */
function printable(text: string, { spans, signs }: Secrets, enough: number): string {
  const masked = mask(text, spans, () => redacted);
  if (signs === "foreign") return toPrintable(masked);
  if (signs === "plain" && !masked.startsWith(" ") && !masked.endsWith(" ") && !masked.includes("  "))
    return masked;
  return toLine(masked, enough);
}

/**
 * The same for the names of things (ids, branches, paths), which stay what they are: only a token of a known kind is
 * masked, with the beginning of its hash, so that two things keep two names. What is too long, or holds what cannot be
 * shown, ends in a hash of the whole.
 */
export function plainName(raw: string, limit: number = textLimit): string {
  if (raw.length > limit) return `${plainName(raw.slice(0, limit - 10), limit)}…#${sha256(raw, 8)}`;
  const { spans, signs } = findKnownTokens(raw);
  const masked = mask(raw, spans, (token) => `[redacted:${sha256(token, 4)}]`);
  const shown = signs === "plain" && masked.trim() !== "" ? masked : toPrintable(masked);
  if (shown === masked || shown === "") return shorten(shown, limit);
  // As JSON, in which halves of characters differ.
  return `${shorten(shown, limit - 5)}#${sha256(JSON.stringify(raw), 4)}`;
}

/** `plainText` of what may be missing; null when nothing is left of it. */
export function plainTextOrNull(raw: string | null, limit?: number): string | null {
  const plain = raw === null ? "" : plainText(raw, limit);
  return plain === "" ? null : plain;
}

/** `plainName` of what may be missing; null when nothing is left of it. */
export function plainNameOrNull(raw: string | null): string | null {
  const plain = raw === null ? "" : plainName(raw);
  return plain === "" ? null : plain;
}

/** A path as people see it; long enough for the deepest one. */
export function plainPath(raw: string): string {
  return plainName(raw, longestPath);
}

/** The same key for the same text, fit to be kept: for what is compared between looks and never shown. */
export function plainKey(raw: string): string {
  return raw.length <= textLimit && isKeepable(raw) ? raw : `#${Bun.hash(raw).toString(36)}`;
}

/** Whether what is to be kept between looks is free of secrets and of what may not be printed: all texts in it, and its keys. */
export function isKeepable(value: unknown): boolean {
  if (typeof value === "string") return isKeepableText(value);
  if (Array.isArray(value)) return value.every((item) => isKeepable(item));
  const record = recordOf(value);
  for (const key in record) if (!isKeepableText(key) || !isKeepable(record[key])) return false;
  return true;
}

const isKeepableText = knowing((text) => isPrintable(text) && findSecrets(text).spans.length === 0);

/** Whether no text in a JSON document, as `JSON.stringify` writes it, holds what may not be printed. */
export function isPlainJson(json: string): boolean {
  // Controls and lone surrogates are written as escapes; a backslash and a quote have escapes of their own.
  for (let at = json.indexOf("\\"); at !== -1; at = json.indexOf("\\", at + 2))
    if (json[at + 1] !== '"' && json[at + 1] !== "\\") return false;
  // What is all ASCII, nearly always, needs no second look.
  return Buffer.byteLength(json) === json.length ? !json.includes("\u007f") : isPrintable(json);
}

/** Replaces tokens, keys, passwords and credentials in addresses. */
export const redactSecrets = knowing((text) => mask(text, findSecrets(text).spans, () => redacted));

function mask(text: string, spans: readonly Span[], maskOf: (secret: string) => string): string {
  if (spans.length === 0) return text;
  let [masked, last] = ["", 0];
  for (const [start, end] of spans) {
    masked += text.slice(last, start) + maskOf(text.slice(start, end));
    last = end;
  }
  return masked + text.slice(last);
}

function sha256(text: string, digits: number): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, digits);
}

/** Cuts to `limit` characters with `…`, never inside a surrogate pair. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 2);
  return `${text.slice(0, last >= 0xd800 && last < 0xdc00 ? limit - 2 : limit - 1)}…`;
}
