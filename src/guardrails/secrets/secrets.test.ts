import { describe, expect, it } from "vitest";
import { seeded } from "../../../test/support/seeded";
import { findSecrets } from ".";

// Every token here is put together while the test runs, from letters drawn by a seed: nothing in this file is one.

const random = seeded(9);
const draw = (alphabet: string, count: number) =>
  Array.from({ length: count }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
const ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX = "0123456789abcdef";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const uuid = () => [8, 4, 4, 4, 12].map((count) => draw(HEX, count)).join("-");

const TOKENS: [type: string, token: string][] = [
  ["AWS_ACCESS_KEY", `AK${"IA"}${draw(UPPER, 16)}`],
  ["GCP_API_KEY", `AI${"za"}${draw(ALNUM, 35)}`],
  ["GITHUB_TOKEN", `gh${"p_"}${draw(ALNUM, 36)}`],
  ["GITLAB_TOKEN", `gl${"pat-"}${draw(ALNUM, 20)}`],
  ["SLACK_TOKEN", `xo${"xb-"}${draw("0123456789", 12)}-${draw("0123456789", 12)}-${draw(ALNUM, 24)}`],
  ["STRIPE_KEY", `sk${"_live_"}${draw(ALNUM, 24)}`],
  ["SENDGRID_KEY", `S${"G."}${draw(ALNUM, 22)}.${draw(ALNUM, 43)}`],
  ["NPM_TOKEN", `np${"m_"}${draw(ALNUM, 36)}`],
  ["TWILIO_KEY", `S${"K"}${draw(HEX, 32)}`],
  ["LINEAR_KEY", `lin${"_api_"}${draw(ALNUM, 40)}`],
  ["LLM_KEY", `sk${"-proj-"}${draw(ALNUM, 40)}`],
  ["TELEGRAM_BOT_TOKEN", `${draw("123456789", 9)}:AA${draw(ALNUM, 33)}`],
  ["AZURE_CLIENT_SECRET", `${draw(ALNUM, 3)}8${"Q~"}${draw(ALNUM, 34)}`],
  ["MAILCHIMP_KEY", `${draw(HEX, 32)}-us12`],
  ["NEON_KEY", `na${"pi_"}${draw(ALNUM.toLowerCase(), 64)}`],
  ["CIRCLECI_TOKEN", `CCI${"PAT_"}${draw(ALNUM, 22)}_${draw(HEX, 40)}`],
  ["RAZORPAY_KEY", `rzp${"_live_"}${draw(ALNUM, 14)}`],
  ["TOSS_KEY", `live${"_sk_"}${draw(ALNUM, 28)}`],
  ["ELEVENLABS_KEY", `s${"k_"}${draw(HEX, 48)}`],
  ["TERRAFORM_TOKEN", `${draw(ALNUM, 14)}.${"atlas"}v1.${draw(ALNUM, 67)}`],
  ["AZURE_DEVOPS_TOKEN", `${draw(ALNUM, 76)}${"AZ"}DO${draw(ALNUM, 4)}`],
  ["FCM_SERVER_KEY", `${draw(ALNUM, 11)}:${"APA"}91b${draw(ALNUM, 134)}`],
  ["JWT", `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url({ sub: "1234567890" })}.${draw(ALNUM, 43)}`],
];

describe("look-alikes", () => {
  it.each([
    ["a placeholder", `api_key = your-api-key-here, token: <token>, password: ${"$"}{PASSWORD}`],
    ["a blanked token", `gh${"p_"}${"x".repeat(36)} and xo${"xb-"}${"x".repeat(11)}-${"x".repeat(24)}`],
    ["a commit", `git cherry-pick ${draw(HEX, 40)} fails`],
    ["an id", `"user_id": "${uuid()}", request_id=${uuid()}, "kms_key_id": "${uuid()}"`],
    ["a lock file", `"integrity": "sha512-${draw(ALNUM, 86)}=="`],
    ["code", "const token = tokens[i]; password = getpass.getpass('Password: '); key = cache.get(key2)"],
    ["a name", "keyVaultToStoreSecrets: cmp2-qat-1208358310, minisat-master-keying:x64-uwp=fail"],
    ["a public key", `public_key = "${draw(ALNUM, 43)}"`],
    ["a curl call with variables", `curl -u "${"$"}{USER}:${"$"}{PASS}" https://example.com`],
    ["a parameter of a page", `idempotency_key: ${uuid()}, pageToken=${draw(ALNUM, 22)}`],
    ["a digest of a file", `digest for auth: sha256:${draw(HEX, 64)}\nchecksum for auth.tar.gz is ${draw(HEX, 64)}`],
    ["a date", `"passwordChangedAt": "2024-11-02T10:11:12Z", "passwordPolicy": "StandardPolicy2024"`],
    ["an index and a log", `KEY IDX_8D93D649E7927C74 (email) auth.log:${draw(HEX, 40)}`],
    ["a path with a time", "s3 key: backups/2024/11/30/db-full-20241130T020000Z.sql.gz"],
    ["minified code", "r(`scroll`,f,{passive:!0}),w.remove(f);U({key:e,value:t}),!1)"],
    ["identifiers with a number", "exports.exchangeToken = exports.findX509OAuthError; fetchWithAuth = x509Authentication;"],
    ["an example of a vendor", `AWS_ACCESS_KEY_ID=AK${"IA"}IOSFODNN7EX${"AMPLE"}`],
    ["one letter over and over", `AI${"za"}Sy${"X".repeat(33)}`],
    ["a login of documentation", "amqp://guest:guest@localhost:5672 mysql://root:root@localhost/app"],
    [
      "a sentence about a key's first line",
      `${["-----BEGIN", "RSA PRIVATE", "KEY-----"].join(" ")} is the line that opens the file, and more follows`,
    ],
    ["a word after the word password", "password SHA-256 hashing, token gpt-4o-2024-11-20, key Ctrl+Alt+Delete2, password min-length=12"],
    [
      "a public thing after a space",
      `--recv-keys ${draw(HEX, 40).toUpperCase()}, product key ABCD1-EFGH2-IJKL3-MNOP4, ssh key SHA256:${draw(ALNUM, 43)}`,
    ],
    ["an object's key", `cache key ${draw(HEX, 32)} hit, primary key ${uuid()}, key ${draw(HEX, 40)} not found`],
    ["a folder", "host=web1 sudo: kim : TTY=pts/2 ; PWD=/srv/app-2 ; USER=root ; COMMAND=/usr/bin/id\nUID=0\nPWD=/home/kim"],
    ["prose about keys", "The key point is that a token is 4 characters, and your password should have 12 of them."],
  ])("%s is left alone", (_, text) => {
    expect(findSecrets(text)).toEqual([]);
  });
});

describe("published formats", () => {
  it.each(TOKENS)("%s is found wherever it stands", (type, token) => {
    for (const text of [token, `key=${token}\n`, `내 키는 ${token} 인데`, `{"k":"${token}"}`]) {
      const found = findSecrets(text);
      expect(found.map(({ type }) => type)).toEqual([type]);
      expect(text.slice(found[0]?.start, found[0]?.end)).toBe(token);
    }
  });

  it("but not in the middle of a word", () => {
    expect(findSecrets(`foobar${`gh${"p_"}`}${draw(ALNUM, 36)}`)).toEqual([]);
  });

  it("private keys are found whole, and cut ones to the end", () => {
    const begin = ["-----BEGIN", "EC PRIVATE", "KEY-----"].join(" ");
    const end = ["-----END", "EC PRIVATE", "KEY-----"].join(" ");
    const body = Array.from({ length: 4 }, () => draw(ALNUM, 64)).join("\n");
    expect(findSecrets(`a ${begin}\n${body}\n${end} b`)).toMatchObject([
      { type: "PRIVATE_KEY", start: 2, end: 2 + begin.length + body.length + end.length + 2 },
    ]);
    expect(findSecrets(`${begin}\n${body}`)).toMatchObject([{ type: "PRIVATE_KEY", start: 0 }]);
    expect(findSecrets(`${begin}\nanything\n${end}`)).toEqual([]);
  });
});

describe("values beside telling words", () => {
  const value = draw(ALNUM, 30);
  it.each([
    [`API_KEY=${value}`],
    [`"auth_token": "${value}"`],
    [`export HEROKU_TOKEN=${uuid()}`],
    [`here is my heroku key: ${uuid()} can you`],
    [`System.setProperty("COINBASE_TOKEN", "${value}")`],
    [`비밀번호는 z)%Rd7Od^Y!uD404 입니다`],
    [`if (db_pass !== "m{{h}o)p$#thisone") {`],
    [`Authorization: Bearer ${value}`],
    [`curl --user kevin:'${value}' https://example.com`],
    [`postgresql://app:${value}@db.example.com:5432/app`],
    [`Server=db;Database=app;Uid=sa;Pwd=${value};`],
    [`sourcegraph: ${draw(HEX, 40)}`],
    [`ENV GITEA_TOKEN ${draw(HEX, 40)}`],
    [`aws configure set aws_secret_access_key ${value}`],
    [`machine git.example.com\n  login kim\n  password Summ3r#664`],
    [`it fails with datadog api key ${draw(HEX, 32)} and I get 401`],
    [`| BILLING_API_KEY | ${value} |`],
    [`let signing_secret: &str = "${draw(HEX, 32)}";`],
    [`var apiSecret string = "${value}"`],
    [`char token[] = "${value}";`],
    [`variable "gitea_token" {\n  type    = string\n  default = "${draw(HEX, 40)}"\n}`],
    [`- name: CODECOV_TOKEN\n  value: "${uuid()}"`],
    [`<add key="exaApiKey" value="${uuid()}" />`],
    [`{"key":"SHOP_API_KEY","value":"${value}","type":"secret"}`],
    [`<password>DragonTiger48#</password>`],
    [`{\\"auth_token\\": \\"${value}\\"}`],
    [`NewClient(WithApiKey("${value}"))`],
    [`auth=("kim", "${value}")`],
    [`here is the master key \`${draw(HEX, 40)}\``],
    [`api secret -> ${value}`],
    [`celery_secret <- "${value}"`],
    [`the password for the office is M%d60kwSwyCaihR`],
    [`the admin password was changed to Falc0n#440`],
    [`process.env.JWT_SECRET || "${value}"`],
    [`ENV['DB_PASS'] ||= '${value}'`],
    [`**OVH_APPLICATION_SECRET**: ${uuid()}`],
    [`<string name="crisp_token">${value}</string>`],
    [`<key>COOKIE_SECRET</key>\n<string>${value}</string>`],
    [`JWT_SECRET: >-\n  ${value}`],
    [`static const std::string session_secret{"${value}"};`],
    [`db_pass = { value = "${value}" }`],
    [`I set MUX_TOKEN_SECRET to ${value} but it fails`],
    [`password (temporary): FalconHunter48!`],
    [`the new password will be Falc0n#440`],
    [`ZOOM_SECRET_TOKEN에 ${value} 넣었는데 안 돼요`],
    [`ssh_password: tiger-coffee-tiger-33`],
    [`das Passwort lautet Rocket61#`],
    [`la contraseña: Rocket61#`],
    [`密码：lRYIP7ELpY`],
    [`パスワードは Rocket61# です`],
    [`비밀번호를 7t7UFJJfMeJkAO9F 로 바꿨어요`],
    [`NAVER_API_KEY 값은 "${draw(HEX, 32)}" 로 했어요`],
    [`https://bob:${"P@ss"}09summer@git.example.com/r.git`],
    [`jdbc:oracle:thin:scott/${draw(ALNUM, 9)}7@db:1521/ORCL`],
    [`Private-Lines: 2\n${draw(ALNUM, 64)}\n${draw(ALNUM, 40)}=\nPrivate-MAC: 0`],
  ])("%s", (text) => {
    expect(findSecrets(text)).toHaveLength(1);
  });
});
