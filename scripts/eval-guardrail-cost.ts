import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { repeated, SLOW_PIECES } from "../test/support/slow-strings.ts";
import type { Guardrails } from "./guardrail-data.ts";
import { readRows } from "./guardrail-data.ts";

const TEXT_CHARS = 10_000;
const TEXTS_MAX = 60;
const ROUNDS = 8;
/** About a token. */
const STREAM_PIECE_CHARS = 4;
const ADVERSARIAL_CHARS = 1_000_000;

/** CPU of the guards for 10 KB of everyday text, and for a megabyte of strings made to be slow. */
export function evalCost(folder: string, guards: Guardrails): void {
  const all = { "personal data": guards.findPii, secrets: guards.findSecrets };
  for (const [kind, texts] of Object.entries(timedTexts(folder)))
    for (const [name, find] of Object.entries(all)) {
      if (texts.length === 0) continue;
      for (const text of texts) find(text);
      const spentMs = cpuMs(() => {
        for (let round = 0; round < ROUNDS; round++) for (const text of texts) find(text);
      });
      console.log(`${kind}: ${name} ${(spentMs / (texts.length * ROUNDS)).toFixed(2)} ms of CPU per 10 KB`);
    }
  for (const [kind, texts] of Object.entries(timedTexts(folder))) {
    const spentMs = cpuMs(() => {
      for (const text of texts) redactStream(guards, text);
    });
    if (texts.length > 0)
      console.log(
        `${kind}: streamed by ${STREAM_PIECE_CHARS} characters, both guards ${(spentMs / texts.length).toFixed(2)} ms of CPU per 10 KB`,
      );
  }
  const slowest = Object.entries(SLOW_PIECES).map(([name, piece]) => {
    const text = repeated(piece, ADVERSARIAL_CHARS);
    const columns = Object.entries(all).map(([guard, find]) => [`${guard} ms`, Math.round(cpuMs(() => find(text)))]);
    return [name, Object.fromEntries(columns)];
  });
  console.log(`a million characters of`);
  console.table(Object.fromEntries(slowest));
}

function timedTexts(folder: string): Record<string, string[]> {
  const benign = ({ label }: TimedRow) => label !== "attack";
  return {
    "everyday text": pieces(folder, "injection/dev.jsonl", benign),
    "text full of personal data": pieces(folder, "pii/dev.jsonl", benign),
  };
}

function redactStream(guards: Guardrails, text: string): void {
  const stream = new guards.RedactStream({
    find: (piece) => guards.resolveOverlaps([...guards.findPii(piece), ...guards.findSecrets(piece)]),
    mayHold: guards.mayHoldValues,
    action: "redact",
    replace: (type) => type,
  });
  for (let at = 0; at < text.length; at += STREAM_PIECE_CHARS) stream.push(text.slice(at, at + STREAM_PIECE_CHARS));
  stream.end();
}

interface TimedRow {
  text: string;
  label?: string;
}

function pieces(folder: string, name: string, wanted: (row: TimedRow) => boolean): string[] {
  const path = resolve(folder, name);
  if (!existsSync(path)) return [];
  const joined = readRows<TimedRow>(path)
    .filter(wanted)
    .map(({ text }) => text)
    .join("\n");
  return Array.from({ length: Math.min(TEXTS_MAX, Math.floor(joined.length / TEXT_CHARS)) }, (_, at) =>
    joined.slice(at * TEXT_CHARS, (at + 1) * TEXT_CHARS),
  );
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
