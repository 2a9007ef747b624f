import { describe, expect, it } from "vitest";
import { findSecrets } from ".";

const PASSWORD = ["Rocket", "61", "river"].join("#");

describe("passwords among the arguments of a command", () => {
  it.each([
    `mysql -u root -p${PASSWORD} shop`,
    `mysqldump -uroot -p'${PASSWORD}' shop > dump.sql`,
    `sshpass -p ${PASSWORD} ssh ops@10.0.0.4`,
    `redis-cli -h cache -a "${PASSWORD}" info`,
    `sqlcmd -S srv -U sa -P ${PASSWORD}`,
    `docker login -u bot -p ${PASSWORD} registry.example.com`,
    `ldapsearch -D cn=admin -w ${PASSWORD} -b dc=example`,
    `echo "${PASSWORD}" | sudo -S apt update`,
    `echo '${PASSWORD}' | docker login -u bot --password-stdin registry.example.com`,
    `CREATE USER app IDENTIFIED BY '${PASSWORD}';`,
  ])("%s", (text) => {
    expect(findSecrets(text).map(({ start, end }) => text.slice(start, end))).toEqual([PASSWORD]);
  });

  it.each([
    "mysql -u root -p shop_2024",
    "mysql -h db1 -P 3307 -u app -p",
    `mysql -p$${"{"}DB_PASS2}`,
    'sshpass -p "$SSHPASS2" ssh host1',
    "redis-cli -h 10.0.0.1 -p 6379 ping",
    "docker run -p 8080:80 nginx:1.27",
    "docker login -u bot -p $CI_TOKEN2 registry.example.com",
    'echo "hello world 123" | grep hello',
    'echo "$TOKEN2" | docker login --password-stdin',
  ])("%s holds none", (text) => {
    expect(findSecrets(text)).toEqual([]);
  });
});
