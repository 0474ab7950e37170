import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { plainName, plainText } from "../../../../src/core/text/safe-text.ts";
import { secretKinds } from "../../../../src/core/text/secret-kinds.ts";
import { findTold } from "../../../../src/core/text/told-secrets.ts";
import { madeUpToken, surroundings } from "../../../faults/secrets.ts";

const harmless = readFileSync(join(import.meta.dirname, "harmless.txt"), "utf8")
  .trim()
  .split("\n");

describe("a token of a known kind", () => {
  it.each(surroundings)("is hidden %s", (_, around) => {
    const shown = secretKinds.filter((kind) => {
      const token = madeUpToken(kind);
      // Words end like its prefix.
      if (kind[4] !== undefined && !around("#").startsWith("#") && !/[\W]#/.test(around("#"))) return false;
      return plainText(around(token), 2_000).includes(token.slice(-10));
    });
    expect(shown.map(([maker]) => maker)).toEqual([]);
  });

  it.each([
    ["JSON Web Token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"],
    ["HCP Terraform", "3xm7i8sox4w8fd.atlasv1.47a9b7uhhdmmrn0hc7n71m3lq9stso4bjneai0a9dmt78y"],
    ["Harness", "sat.J1w8nEiptxlbSx4EejoASI.xcl8i1vlbFPHvtqYdvhSfAWb.ES5F14EjbY4g6jTkeNrQ"],
    ["Airtable", `pat${"Ab3".repeat(4)}xY.${"0f".repeat(32)}`],
    ["Resend", "re_Ab3dEf7h_K9LmNopQr5tUvWxYz12345"],
    ["Mapbox", `sk.${"ab3D".repeat(15)}.${"Q1w2".repeat(6)}`],
    ["MaxMind", "Ab3dEf_Gh1jKlMn0pQrStUvWxYz12345678_mmk"],
    ["Azure", "xSD8Q~5Ja5r47Py9tIEKkEfMwdRF9wqy72YJ1"],
    ["Telegram", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX"],
    ["Facebook app", "0763755290078910|bctsh3ju1t9zsfcc4nypyzkp74gfexzock"],
    ["Mailchimp", `${"0a1b".repeat(8)}-us12`],
    ["Discord bot", "MTA3NjM3NTUyOTAwNzg5MTA0.Gh1jKl.bctsh3ju1t9zsfcc4nypyzkp74gfexzock"],
    ["Azure", `${"Zq8xL2mPw7Rt5VbN".repeat(5)}+AStA1b2C3==`],
    ["Convex", `prod:happy-otter-123|${"Zq8xL2mPw7Rt5VbN3yKd".repeat(2)}`],
    ["HashiCorp Vault before 1.10", "s.f7k2m9x4c1v8b3n6z5q0w2eR"],
    ["Facebook", `EAAC${"z9f0h3q1".repeat(14)}`],
    ["Asana", `1/1204567890123:${"0a1b".repeat(8)}`],
  ])("is hidden of %s, whose tokens do not begin alike", (_, token) => {
    const shown = surroundings.filter(([, around]) =>
      plainText(around(token), 2_000).includes(token.slice(-12)),
    );
    expect(shown.map(([place]) => place)).toEqual([]);
  });

  it.each(["\n", "\r\n", "\\n"])("is hidden with its other lines where it was wrapped by %j", (end) => {
    const lines = [
      "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
      "Zq8xL2mPw7Rt5VbN3yKdZq8xL2mPw7Rt",
      "5VbN3yKdZq8xL2mRt7==",
    ];
    const wrapped = [`${lines[0]}${lines[1]}`, `${lines[1]}${lines[0]}`, lines[2]].join(end);
    const shown = plainText(`read ${wrapped}${end}done in 2 s`).replace("\\n", " ");
    expect(shown).toBe("read [redacted] done in 2 s");
  });

  it.each([
    "sk-fix-login-page",
    "sk-add-dark-mode",
    ".worktrees/sk-ant-fix-login",
    "task-3f9a8b7c6d5e4f3a2b1c",
    "npm_config_cache",
    "feature/hf_tokenizer",
    "glpat-docs",
    "api-key-rotation",
    "cache-key-d41d8cd98f00b204e9800998ecf8427e",
    "mask-d41d8cd98f00b204e9800998ecf8427e",
    "latest_d41d8cd98f00b204e9800998ecf8427e123",
  ])("is not %s", (name) => {
    expect([plainName(name), plainText(name)]).toEqual([name, name]);
  });
});

describe("a secret that the words around it tell", () => {
  const value = "Zq8xL2mPw7Rt5VbN3yKd";
  it.each([
    `password=${value}`,
    `user=app pass=${value} refused`,
    `connect pw=${value}`,
    `{"password": "${value}"}`,
    `{\\"apiKey\\":\\"${value}\\"}`,
    `client_secret: ${value}`,
    `'password' => '${value}'`,
    `'password'        =>    '${value}',`,
    `curl -H "Authorization: ${value.slice(0, 9)}${value.slice(-8)}"`,
    `curl -u "kim":'${value}' https://x.test`,
    `define('DB_PASSWORD', '${value}')`,
    `<password>${value}</password>`,
    `<add key="Password" value="${value}" />`,
    `deploy --token ${value} --quiet`,
    `exec ["--token","${value}"] failed`,
    `spawn args: ['--password', '${value}']`,
    `GET https://maps.x.test/api?key=${value} 403`,
    `GET https://store.x.test/c?sv=1&sig=${value} 403`,
    `GET https://b.x.test/k?X-Amz-Signature=${value}`,
    `GET https://x.test/cb%3Faccess_token%3D${value}%26b=1`,
    `postgres://app:${value}@db:5432/shop`,
    `postgres://app:a@${value}@db:5432/shop`,
    `postgres://app:a/${value}@db.x.test:5432/shop`,
    `https://x:{B:${value}==}@git.x.test/a/b`,
    `https://x-${value}@github.com/a/b.git`,
    `X-Api-Key: ${value}`,
    `PRIVATE-TOKEN: ${value}`,
    `Authorization: ${value}`,
    `Authorization: Bearer ${value}`,
    `Proxy-Authorization: Basic ${value}==`,
    `Cookie: sid=${value}; theme=dark`,
    `sshpass -p ${value} ssh box`,
    `docker login -u app -p ${value} denied`,
    `mysql -u root -p${value} shop`,
    `redis-cli -a ${value} ping`,
    `curl -u kim:${value} https://x.test`,
    `Incorrect API key provided: ${value}.`,
    `-----BEGIN RSA PRIVATE KEY-----\\nMIIE${value}\\n-----END RSA PRIVATE KEY-----`,
    `kind: Secret data: url: ${value}`,
  ])("is hidden in %s", (text) => {
    expect(plainText(text, 2_000)).not.toContain(value.slice(-8));
  });

  it("may be a word where a password is given", () => {
    expect(plainText('PASSWORD=swordfish, "password":"swordfish"')).not.toContain("swordfish");
  });

  it("leaves the rest of the message", () => {
    expect(plainText(`GET /a?access_token=${value}&b=1 failed`)).toBe(
      "GET /a?access_token=[redacted]&b=1 failed",
    );
  });

  it.each(harmless)("is none in %s", (text) => {
    expect(
      findTold(
        text,
        [...text].map((_, place) => place),
      ),
    ).toEqual([]);
    expect(plainText(text, 2_000)).toBe(text.trim().replace(/ {2,}/g, " "));
  });
});

describe("a name", () => {
  it("keeps two names two when a token is in both", () => {
    const names = [
      "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
      "ghp_26C7e42F292c6912E7710c838347Ae178B4a",
    ].map((token) => plainName(`/srv/${token}/app.ts`));
    expect(names).toEqual(["/srv/[redacted:3543]/app.ts", "/srv/[redacted:6688]/app.ts"]);
  });

  it("keeps two long names two", () => {
    const [one, other] = [plainName(`${"x".repeat(300)}1`), plainName(`${"x".repeat(300)}2`)];
    expect([one.length, other.length, one === other]).toEqual([200, 200, false]);
  });

  it("stands as it was written around what is called a secret", () => {
    expect(plainName("fix/password=reset-2024")).toBe("fix/password=reset-2024");
  });
});
