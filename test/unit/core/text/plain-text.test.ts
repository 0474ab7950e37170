import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isKeepable,
  isPlainJson,
  plainKey,
  plainName,
  plainText,
  redactSecrets,
  shorten,
} from "../../../../src/core/text/safe-text.ts";
import { secrets } from "../../../faults/secrets.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  // Lone surrogates too.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 400 })
    .map((codes) => String.fromCharCode(...codes)),
  fc
    .array(
      fc.constantFrom(
        ..."\u001b \u009b \u001b] \u001b[ 8;; 31m \u0007 \u001b\\ \u009c \u0090 \u202e \u200b \ud800 \udc01 \udb40 \r\n a / . token= \u{e0041}".split(
          " ",
        ),
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join("")),
);
const dirty =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]|[\ud800-\udfff]/u;

describe("plainText", () => {
  it.each([
    ["colours", "\u001b[1;31mred\u001b[0m", "red"],
    ["cursor movements", "a\u001b[2K\u001b[1Gb\u001b[?25l", "ab"],
    ["a one-character CSI", "a\u009b31mb", "ab"],
    ["an OSC 8 link ended by BEL", "\u001b]8;;https://x.test\u0007here\u001b]8;;\u0007", "here"],
    ["an OSC 8 link ended by ST", "\u001b]8;;https://x.test\u001b\\here\u001b]8;;\u001b\\", "here"],
    ["an OSC 52 clipboard write", "a\u001b]52;c;cm0gLXJm\u0007b", "ab"],
    ["a byte of broken UTF-8 that looks like an OSC", "a\u009d0;title\u009cb", "a 0;title b"],
    ["a title that never ends", "a\u001b]0;title", "a0;title"],
    ["a stray beginning before a line end", "a\u001b]0;t\nfailed: x\u0007", "a0;t failed: x"],
    ["soft hyphens and fillers", "a\u00adb\u3164c\u115fd", "abcd"],
    ["a heap of marks", `a${"\u0300".repeat(99)}b`, `a${"\u0300".repeat(4)}b`],
    ["variation selectors", "a\ufe0fb\u{e0100}", "ab"],
    ["a device control string", "a\u001bP1$r0m\u001b\\b", "ab"],
    ["an application command", "a\u001b_G1;payload\u001b\\b", "ab"],
    ["a full reset", "a\u001bcb", "ab"],
    ["a lone escape at the end", "a\u001b", "a"],
    ["a carriage return that overwrites", "failed\rdone", "failed done"],
    ["line ends", "one\ntwo\r\nthree\u2028four", "one two three four"],
    ["tabs, bells and backspaces", "a\tb\u0007\bc", "a b c"],
    ["C1 controls", "a\u0085b\u008dc", "a b c"],
    ["NUL and DEL", "a\u0000b\u007fc", "a b c"],
    ["right-to-left overrides", "user\u202egnp.exe\u202c", "usergnp.exe"],
    ["isolates", "\u2066a\u2069b", "ab"],
    ["zero-width characters", "pass\u200bword\u200d\ufeff", "password"],
    ["tag characters", "a\u{e0041}\u{e0042}b", "ab"],
    ["a lone high surrogate", "a\ud800b", "a\ufffdb"],
    ["a lone low surrogate", "a\udc00b", "a\ufffdb"],
    ["halves of a tag character around another mark", "a\udb40\u200b\udc41b", "a\ufffd\ufffdb"],
    ["spaces around and in between", "  a    b  ", "a b"],
  ])("cleans %s", (_, raw, expected) => {
    expect(plainText(raw)).toBe(expected);
  });

  it.each(["naïve café", "日本語のテスト", "👩 ok ✓", "שלום"])("keeps %j", (text) => {
    expect(plainText(text)).toBe(text);
  });

  it("keeps at most 200 characters", () => {
    expect(plainText("x".repeat(200))).toBe("x".repeat(200));
    expect(plainText("x".repeat(201))).toBe(`${"x".repeat(199)}…`);
  });

  it("never cuts a character in two", () => {
    expect(shorten("ab👩cd", 4)).toBe("ab…");
  });

  it("takes a text of megabytes in its stride", () => {
    expect(plainText(`ok ${"-".repeat(5_000_000)}`)).toHaveLength(200);
  });

  it("gives one clean line of bounded length for anything", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 300 }), (raw, limit) => {
        const text = plainText(raw, limit);
        return text.length <= limit && !dirty.test(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe("plainName", () => {
  it.each(["fix/token-refresh", "feature/auth-keys", ".worktrees/env/secret-santa", "bg_51e2d9"])(
    "keeps %s",
    (name) => {
      expect(plainName(name)).toBe(name);
    },
  );

  it("is one line without escapes, and says that something was there", () => {
    expect(plainName("a\u001b[2J\r\nb\u202e")).toMatch(/^a b#[0-9a-f]{4}$/);
  });

  it.each([
    ["a mark that nobody sees", "bg_1", "bg_1\u200b"],
    ["a line break", "a b", "a\nb"],
    ["how many blanks are in it", "a b", "a  b"],
    ["a colour", "ab", "a\u001b[31mb"],
    ["half a character", "bg_\ud800", "bg_\ud801"],
    ["a variation", "\u2713", "\u2713\ufe0f"],
    ["its end, far away", `${"x".repeat(300)}\u200b`, `${"x".repeat(300)}\u200c`],
  ])("keeps two names two that differ in %s", (_, one, other) => {
    const names = [one, other].map((name) => plainName(name));
    expect(new Set([...names, ...names.map((name) => plainName(name))]).size).toBe(2);
  });
});

describe("redactSecrets", () => {
  it.each([
    ["a private key", "-----BEGIN RSA PRIVATE KEY----- MIIEow -----END RSA PRIVATE KEY-----", "[redacted]"],
    ["a private key cut short", "x -----BEGIN PRIVATE KEY----- MIIEow", "x [redacted]"],
    [
      "credentials in a URL",
      "git clone https://kim:hunter2@x.test/a.git",
      "git clone https://[redacted]@x.test/a.git",
    ],
    ["a database URL", "postgres://app:s3cret@db:5432/shop", "postgres://[redacted]@db:5432/shop"],
    ["a bearer token", "Authorization: Bearer abcdef1234567890", "Authorization: Bearer [redacted]"],
    ["basic credentials", "authorization: basic dXNlcjpwYXNzd29yZA==", "authorization: basic [redacted]"],
    ["an sk- key", "use sk-proj-AbCdEf0123456789", "use [redacted]"],
    ["a GitHub token", "ghp_abcdefghijklmnop1234", "[redacted]"],
    ["a fine-grained GitHub token", "github_pat_11ABCDEFG0abcdefgh", "[redacted]"],
    ["a GitLab token", "glpat-abcdefghij-12345", "[redacted]"],
    ["a Slack token", "xoxb-123456-abcdef", "[redacted]"],
    ["an AWS key id", "AKIAIOSFODNN7EXAMPLE", "[redacted]"],
    ["a Google key", "AIzaSyA1234567890abcdefghij", "[redacted]"],
    ["an npm token", "npm_abcdefghijklmnopqrstuvwxyz", "[redacted]"],
    ["a Hugging Face token", "hf_abcdefghijklmnopqr", "[redacted]"],
    ["a JSON web token", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "[redacted]"],
    ["a variable", "OPENAI_API_KEY=abcd1234 bun test", "OPENAI_API_KEY=[redacted] bun test"],
    ["a JSON field", '{"password": "hunter2222"}', '{"password": "[redacted]"}'],
    ["a YAML field", "client_secret: abcd1234", "client_secret: [redacted]"],
    ["a query parameter", "GET /a?access_token=abcd1234&b=1", "GET /a?access_token=[redacted]&b=1"],
    ["an option with a space", "login --token abcd1234 --quiet", "login --token [redacted] --quiet"],
    ["an option with a sign", "login --api-key=abcd1234", "login --api-key=[redacted]"],
  ])("hides %s", (_, text, expected) => {
    expect(redactSecrets(text)).toBe(expected);
  });

  it.each(secrets)("hides %s in texts", (_, secret, hidden) => {
    const shown = ["", "x ", "é: "].map((before) => plainText(`${before}${secret} end`));
    expect(shown.filter((text) => text.includes(hidden))).toEqual([]);
  });

  it("finds a secret that invisible characters split", () => {
    expect(plainText("ghp_abcdefgh\u200bijklmnop\u001b[0m1234")).toBe("[redacted]");
  });

  it("hides a secret that the limit would cut", () => {
    expect(plainText(`${"x ".repeat(95)}ghp_abcdefghijklmnopqrstuvwxyz`)).not.toContain("ghp_");
  });

  it.each([
    "old_string not found in src/app.ts",
    "Implement token refresh and password reset",
    "basic authentication is required for this route",
    "Basic understanding of the bearer authentication flow",
    "violates foreign-key constraint orders_user_fk",
    "used 1200 tokens of 200000",
    "editing src/tokenizer/keyboard.ts",
    "bun test test/io/tail.test.ts --bail",
    "reading packages/monkey/src/environment.ts",
    "TypeError: Object.keys is not a function",
    "process.env.PORT is not set",
    "https://x.test/docs/page?id=1",
    "git log --author kim",
    "the key to it is in line 12",
    "expected 3 to be 4 (sk-1)",
    "2/5 steps, analyzing codebase",
    "pass: 12, fail: 3, skip: 1",
    "PWD=/srv/demo bun test",
    "Cookie: the banner is missing",
    "git clone ssh://git@x.test/a/b.git",
    "git@x.test:kim/shop.git",
    "function login(user: string, password: string): Promise<void>",
    "const token = await readToken(path)",
    "token: getToken(), retries: 3",
    "export TOKEN=$CI_TOKEN",
    "author: kim, auth: true",
    "secret: undefined is not allowed",
    "the password is too short",
    "wrote docs/SG.md",
    "curl -u is an option of curl",
  ])("leaves %j as it is", (text) => {
    expect(redactSecrets(text)).toBe(text);
  });
});

describe("what is kept between looks", () => {
  it.each(secrets)("is not %s", (_, secret) => {
    expect(isKeepable({ files: [{ title: `see ${secret}` }] })).toBe(false);
    expect(plainKey(secret)).toMatch(/^#\w+$/);
  });

  it.each([
    ["a line break", "a\nb"],
    ["an escape", "\u001b[2J"],
    ["a right-to-left mark", "\u202e"],
    ["half a character", "\ud800"],
  ])("holds no %s", (_, text) => {
    expect(isKeepable([text])).toBe(false);
    expect(isPlainJson(JSON.stringify({ a: text }))).toBe(false);
    expect(plainKey(text)).toMatch(/^#\w+$/);
  });

  it.each(["C:\\new\\path", 'say "hi"', "grüße 😀", "sed 's/\\n/ /'"])("may be %s", (text) => {
    expect([isKeepable({ [text]: text }), isPlainJson(JSON.stringify([text])), plainKey(text)]).toEqual([
      true,
      true,
      text,
    ]);
  });
});
