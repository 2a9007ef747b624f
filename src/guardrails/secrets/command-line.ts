import type { Span } from "../finding";
import { matchesAt } from "../spotter";
import { isPlaceholder } from "./randomness";

/** Between a program and the option that matters: on one line, within one command. */
const OPTIONS = String.raw`\s(?:[^\n|;&]{0,120}?\s)?`;
const VALUE = String.raw`(?:"([^"\n]{6,100})"|'([^'\n]{6,100})'|([^\s"'|;&<>]{6,100}))`;

/** Where a command begins that takes its password without a telling word. */
export const COMMAND = /mysql|sshpass|redis-cli|sqlcmd|plink|pscp|docker login|smbclient|ldap(?:search|modify|add)|echo |identified by /iy;

/** Programs with their own short option for a password, by their manuals, and what is piped into one that reads it. */
const PASSWORD_OPTION = new RegExp(
  [
    `(?:mysql\\w{0,6}${OPTIONS}-p|sshpass\\s{1,2}-p\\s{0,2}|redis-cli${OPTIONS}-a\\s{1,2}`,
    `|sqlcmd${OPTIONS}-P\\s{0,2}|(?:plink|pscp)(?:\\.exe)?${OPTIONS}-pw\\s{1,2}|docker login${OPTIONS}-p\\s{1,2}`,
    `|smbclient${OPTIONS}-U\\s{0,2}\\S{1,64}%|ldap\\w{3,6}${OPTIONS}-w\\s{1,2}`,
    `|echo (?:-n )?(?=[^\\n|]{6,110}\\|[^\\n|]{0,80}(?:sudo(?: -\\w)? -S|-stdin|--with-token|chpasswd))`,
    `|(?:identified by|IDENTIFIED BY) (?=["']))${VALUE}`,
  ].join(""),
  "dy",
);

/** Passwords among the arguments of a shell command, and in SQL that makes a user. `spots` says where a match of `COMMAND` may begin. */
export function findOnCommandLines(text: string, spots: readonly number[]): Span[] {
  const found: Span[] = [];
  for (const match of matchesAt(text, PASSWORD_OPTION, spots)) {
    const place = match[1] ? 1 : match[2] ? 2 : 3;
    const [value = "", [start, end] = [0, 0]] = [match[place], match.indices?.[place]];
    if (/[A-Za-z]/.test(value) && /[\d!@#$%^&*]/.test(value) && !isPlaceholder(value) && !/[$`]\(|^[-/\\]|\s/.test(value))
      found.push({ type: "PASSWORD", start, end, score: 0.75 });
  }
  return found;
}
