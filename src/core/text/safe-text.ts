/** The most characters that text copied from an agent's file keeps (agents-logs.md, "Privacy"). */
export const textLimit = 200;
/** Linux's own limit of a path. */
const longestPath = 4_096;

// ESC sequences with their payload: CSI, then OSC, DCS, SOS, PM and APC up to their terminator, then two-character ones.
const escapeSequences =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
// Invisible marks that reorder or hide text: bidi controls, zero-width characters, tags, the byte order mark.
const invisible = /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu;
const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const redacted = "[redacted]";
// A path with a folder or a file ending, and the names that make it one to hide.
const path = /(?:[\w.~@-]*\/)+[\w.~@-]*|[\w~@-]*\.[\w.-]*\w/g;
const secretPath =
  /(?:^|[/_.-])(?:secrets?|tokens?|keys?|apikeys?|credentials?|passwords?|id_rsa|id_ed25519|env)(?:[/_.-]|$)|\.(?:pem|p12|pfx|keystore|netrc)$/i;
// Code that reads like the name of such a file.
const codeWords = /^(?:Object\.keys|process\.env|import\.meta\.env)\b/;
// What stands behind `token:` in code: a type, a call, a variable; no secret.
const noValue =
  /(?!\[redacted\]|(?:string|number|boolean|bigint|unknown|any|null|undefined|true|false|none|str|int|await|new|function|async|required|missing|invalid|expired)\b|(?:process\.env|import\.meta\.env|os\.environ|this|self)\b|[A-Za-z_$][\w$.]*\(|\$\{?[A-Z_]+\}?(?:[\s"',;)]|$))/
    .source;
const secretName =
  /(?:(?:api|access|account|private|secret|signing|encryption|master|storage)[-_]?key|secret|token|passwd|password|passphrase|[-_]pass|[;_-]pwd|credentials?|auth)/
    .source;
const secretPatterns: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)/gs,
    redacted,
  ],
  // Credentials in a URL: scheme://user:password@host, scheme://token@host; an address that is itself the secret.
  [/\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@:]*:[^\s/@]+|[^\s/@:]{16,})@/gi, `$1${redacted}@`],
  [
    /(hooks\.slack\.com\/(?:services|workflows)\/|discord(?:app)?\.com\/api\/webhooks\/)[\w/-]+/gi,
    `$1${redacted}`,
  ],
  // A plain word behind them ("basic authentication") is none: credentials mix digits or cases.
  [
    /\b([Bb]earer|BEARER|[Bb]asic|BASIC)\s+(?=\S*(?:[\d=]|[a-z][A-Z]\S*[a-z][A-Z]))[A-Za-z0-9._~+/=-]{8,}/g,
    `$1 ${redacted}`,
  ],
  [/(\bcookie:\s*)[^\s=;]+=[^"']*/gi, `$1${redacted}`],
  [/(\bcurl\b[^\n]*?\s(?:-u|--user)\s*["']?[^\s:"']+:)[^\s"']+/g, `$1${redacted}`],
  // Tokens that carry their maker's prefix.
  [
    /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,}|\bwhsec_\w{16,}|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{12,}|\bxox[abeoprs]-[\w-]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bAIza[\w-]{20,}|\bya29\.[\w-]{10,}|\bnpm_[A-Za-z0-9]{20,}|\bpypi-[\w-]{16,}|\bhf_[A-Za-z0-9]{16,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\b\d{8,10}:AA[\w-]{30,}|\bdo[oprt]_v1_[a-f0-9]{16,}|\bdapi[a-f0-9]{32}|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
    redacted,
  ],
  // name=value, name: value, "name": "value", also with its quotes escaped
  [
    new RegExp(
      `((?:^|[^A-Za-z0-9])[\\w-]*${secretName}\\\\?["']?\\s*[=:]\\s*)(?:(\\\\?["'])${noValue}[^"']{4,}?\\2|((?:\\\\?["'])?)${noValue}[^\\s"',;&]{4,})`,
      "gi",
    ),
    `$1$2$3${redacted}$2`,
  ],
  // --name value
  [
    /((?<![\w-])--?[\w-]*(?:key|secret|token|passwd|password|passphrase|credentials?|auth)\s+["']?)(?!\[redacted\])[^\s"',;&]{4,}/gi,
    `$1${redacted}`,
  ],
];

// Every pattern above needs one of these; text without any is left alone at the cost of one look.
const secretHint =
  /secret|token|key|pass|credential|auth|bearer|basic|id_|env|:\/\/|sk[-_]|pk[-_]|gh[a-z]_|pat_|glpat|xox|akia|asia|aiza|npm_|hf_|eyj|pem|p12|pfx|netrc|whsec|ya29|pypi|sg\.|:aa|_v1_|dapi|hooks|cookie|pwd|curl/i;
// What `clean` takes out or replaces. Cheap to look for: one class, no repetition.
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}\ud800-\udfff]/u;
const isPlainAscii = /^[!-~]+(?: [!-~]+)*$/;

/**
 * Makes text that another program wrote safe to print, record and annotate: one line, no escape sequences, no control
 * or bidi characters, secrets replaced by `[redacted]`, at most `limit` characters.
 */
export function plainText(raw: string, limit: number = textLimit): string {
  const isPlain = raw.length <= limit && isPlainAscii.test(raw);
  return shorten(redactSecrets(isPlain ? raw : clean(raw, limit)), limit);
}

/**
 * The same for the names of things (ids, branches, paths): what a secret is worth is replaced, but a path that only
 * speaks of one (`fix/token-refresh`) stays, or two things would have the same name.
 */
export function plainName(raw: string, limit: number = textLimit): string {
  const isPlain = raw.length <= limit && isPlainAscii.test(raw);
  return shorten(redactValues(isPlain ? raw : clean(raw, limit)), limit);
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
  return isKeepable(raw) ? raw : `#${Bun.hash(raw).toString(36)}`;
}

/** Whether what is to be kept between looks is free of secrets and of what may not be printed: all texts in it, and its keys. */
export function isKeepable(value: unknown): boolean {
  if (typeof value === "string") return !unprintable.test(value) && !holdsSecret(value);
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isKeepable);
  return Object.entries(value).every(([key, field]) => isKeepable(key) && isKeepable(field));
}

/** Whether no text in a JSON document, as `JSON.stringify` writes it, holds what may not be printed. */
export function isPlainJson(json: string): boolean {
  // Controls and lone surrogates are written as escapes; a backslash and a quote have escapes of their own.
  for (let at = json.indexOf("\\"); at !== -1; at = json.indexOf("\\", at + 2))
    if (json[at + 1] !== '"' && json[at + 1] !== "\\") return false;
  // What is all ASCII, nearly always, needs no second look.
  return Buffer.byteLength(json) === json.length ? !json.includes("\u007f") : !unprintable.test(json);
}

function holdsSecret(text: string): boolean {
  return redactValues(text) !== text;
}

function clean(raw: string, limit: number): string {
  // Bounded before the patterns run: the text may be megabytes long.
  return (
    raw
      .slice(0, limit * 8)
      .replace(escapeSequences, "")
      .replace(controls, " ")
      // Before marks go: what stood between two halves must not join them.
      .replace(loneSurrogates, "\ufffd")
      .replace(invisible, "")
      .replace(/ {2,}/g, " ")
      .trim()
  );
}

/** Replaces tokens, keys, passwords, credentials in URLs and paths that name them. */
export function redactSecrets(text: string): string {
  if (!secretHint.test(text)) return text;
  return replaceValues(text).replace(path, (match) =>
    secretPath.test(match) && !codeWords.test(match) ? redacted : match,
  );
}

function redactValues(text: string): string {
  return secretHint.test(text) ? replaceValues(text) : text;
}

function replaceValues(text: string): string {
  let safe = text;
  for (const [pattern, replacement] of secretPatterns) safe = safe.replace(pattern, replacement);
  return safe;
}

/** Cuts to `limit` characters with `…`, never inside a surrogate pair. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
