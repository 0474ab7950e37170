import { type SecretKind, secretKinds } from "../../src/core/text/secret-kinds.ts";

/** One secret of each kind as it turns up in an agent's texts, and the part of it that nobody may see. None is real. */
export const secrets: readonly (readonly [kind: string, text: string, hidden: string])[] = [
  ["an Anthropic key", "sk-ant-api03-Qm9ndXMta2V5LW5vdC1yZWFs-AA", "Qm9ndXM"],
  ["an OpenAI project key", "sk-proj-T3Blbk5vdFJlYWxLZXkxMjM0", "T3Blbk5v"],
  ["a Stripe key", "sk_live_51NotRealKeyAbCdEf", "51NotReal"],
  ["a Stripe webhook secret", "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH", "5WbX5kEW"],
  ["a GitHub token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F"],
  ["a GitHub app token", "ghs_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F"],
  ["a fine-grained GitHub token", "github_pat_11ABCDEFG0abcdefghij_klmnopqrst", "11ABCDEFG0"],
  ["a GitLab token", "glpat-ABC123def456GHI789jk", "ABC123def"],
  ["a Slack token", "xoxb-123456789012-abcdefABCDEF", "123456789012"],
  ["a Slack webhook", "https://hooks.slack.com/services/T00000000/B00000000/XXXXyyyyZZZZ1111", "XXXXyyyy"],
  ["a Discord webhook", "https://discord.com/api/webhooks/1234567890/AbCdEf-GhIjKl_MnOpQr", "AbCdEf-Gh"],
  ["an AWS key id", "AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"],
  ["an AWS secret key", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtn"],
  ["a Google key", "AIzaSyD-NotARealKey1234567890abcdefg", "SyD-NotA"],
  ["a Google OAuth token", "ya29.a0AfH6SMBx-NotReal_1234567890", "a0AfH6SMB"],
  ["an npm token", "npm_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijkl"],
  ["an .npmrc line", "//packages.example.test/:_authToken=aBcDeF123456", "aBcDeF123"],
  ["a PyPI token", "pypi-AgEIcHlwaS5vcmcCJDk4NotReal", "AgEIcHlw"],
  ["a Hugging Face token", "hf_abcdefghijklmnopqrstuvwxyz", "abcdefghijkl"],
  ["a SendGrid key", "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc", "ngeVfQFYQ"],
  ["a Telegram bot token", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "AAHdqTcv"],
  ["a DigitalOcean token", "dop_v1_0123456789abcdef0123456789abcdef", "0123456789ab"],
  ["a Databricks token", "dapi0123456789abcdef0123456789abcdef", "0123456789ab"],
  ["a JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN", "dozjgNry"],
  [
    "a private key",
    "-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjE= -----END OPENSSH PRIVATE KEY-----",
    "b3BlbnNz",
  ],
  [
    "a PGP private key",
    "-----BEGIN PGP PRIVATE KEY BLOCK----- lQdGBGNotReal -----END PGP PRIVATE KEY BLOCK-----",
    "lQdGBGNot",
  ],
  ["a bearer token", "Authorization: Bearer mF_9B5f41JqM0aBc", "mF_9B5f41"],
  ["basic credentials", "authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l", "YWxhZGRpb"],
  ["a cookie", "Cookie: session=s%3Aabc123DEF456ghi; theme=dark", "abc123DEF"],
  ["credentials in a URL", "postgres://app:s3cr3tPa55@db.internal:5432/shop", "s3cr3tPa55"],
  ["a token for a user in a URL", "https://x-access-token-0a1b2c3d4e5f6a7b@github.com/a/b.git", "0a1b2c3d4e"],
  ["an .env value", "DATABASE_PASSWORD=hunter2hunter2", "hunter2"],
  ["a quoted .env value with blanks", 'SECRET_KEY="correct horse battery staple"', "horse battery"],
  ["a camelCase JSON field", '{"clientSecret":"abcd1234efgh"}', "abcd1234"],
  ["a variable in one word", "PGPASSWORD=hunter2hunter2 psql -h db", "hunter2"],
  ["a line of .netrc", "machine x.test login kim password hunter2hunter2", "hunter2"],
  ["a short variable", "export DB_PASS=hunter2", "hunter2"],
  ["a password option", "mysql -u root --password hunter2hunter2", "hunter2"],
  ["curl's user option", "curl -u kim:hunter2hunter2 https://x.test", "hunter2"],
  ["a connection string", "AccountName=shop;AccountKey=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==;", "Zm9vYmFy"],
];

/** What stands around a token in a text; the token itself is the argument. */
type Surrounding = readonly [place: string, around: (token: string) => string];
export const surroundings: readonly [Surrounding, ...Surrounding[]] = [
  ["alone", (token) => token],
  ["in a sentence", (token) => `request failed with ${token} (401)`],
  ["glued to a word", (token) => `end${token}`],
  ["glued to a name", (token) => `KEY_${token}`],
  ["glued to a number", (token) => `v1${token}`],
  ["behind a written line break", (token) => `line one\\n${token}\\nline two`],
  ["behind a written tab", (token) => `a\\t${token}\\tb`],
  ["in JSON in JSON", (token) => JSON.stringify({ out: JSON.stringify({ log: `x ${token} y` }) })],
  [
    "percent-encoded",
    (token) => `GET https://x.test/?q=${encodeURIComponent(token).replaceAll("-", "%2D")}&b=1`,
  ],
  ["behind an escape that goes", (token) => `abc\u001b[0m${token}\u001b[0m refused`],
  ["across a mark that goes", (token) => `abc ${token.slice(0, 6)}\u200d${token.slice(6)} refused`],
  ["as the password of an address", (token) => `https://kim:${token}@git.x.test/a.git`],
  ["in a header line", (token) => `Authorization: Bearer ${token}`],
  ["as the value of an option", (token) => `deploy --token ${token} --quiet`],
  ["in a path", (token) => `/srv/${token}/app.log`],
];

/** A token of a kind, as long as its maker's shortest, the same each time. */
export function madeUpToken([, prefix, rest, least]: SecretKind): string {
  const signs = /0-9/.test(rest) || rest.includes("\\w") ? "A7F0C3E9B5D1428A6" : "AF";
  const small = /a-f|a-z|\\w/.test(rest) ? signs.toLowerCase() : signs;
  const begin = prefix.replace(/\{([^,}]*)[^}]*\}/g, "$1");
  return begin + small.repeat(20).slice(0, Math.max(least, 12));
}

/** A kind of token in one of its surroundings, each counted round, and the part of it that nobody may see. */
export function plantedSecret(
  kindTurn: number,
  surroundingTurn: number = kindTurn * 7,
): readonly [kind: string, text: string, hidden: string] {
  const kind = secretKinds[kindTurn % secretKinds.length] ?? secretKinds[0];
  const [place, around] = surroundings[surroundingTurn % surroundings.length] ?? surroundings[0];
  const token = madeUpToken(kind);
  // What is glued to a word where words end like the prefix is no token.
  const text = kind[4] === undefined ? around(token) : token;
  return [`${kind[0]} ${place}`, text, token.slice(-10)];
}
