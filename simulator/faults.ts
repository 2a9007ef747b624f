import { type Chance, chance } from "./random";
import type { Scenario, Split } from "./scenario";

/** A body as its endpoint writes it, before anything goes wrong. */
export interface Source {
  /** One string or byte array per event. */
  events: Iterable<string | Uint8Array>;
  /** How many events come before the model's first word. */
  opening: number;
  /** The error event of the wire, after `sent` events. */
  errorEvent: (sent: number) => string;
}

/** What the transport does next. After the last step the body ends cleanly. */
export type Step = { kind: "send"; bytes: Uint8Array } | { kind: "wait"; ms: number } | { kind: "break" };

/** How long silence lasts before the connection breaks after all: long past every sane deadline, and not for ever. */
const STALL_MS = 600_000;

const ENCODER = new TextEncoder();

/** The scenario's pacing and faults, applied to the events of a body. Pure and lazy: events are made as they are sent. */
export function* plan(source: Source, scenario: Scenario): Generator<Step> {
  const { malformed, cut, cutInside, cutRune, stall, errorAt, firstTokenMs, delayMs, cleanEnd } = scenario;
  if (scenario.empty) return;
  let sent = 0;
  for (const event of source.events) {
    if (errorAt === sent) {
      yield send(source.errorEvent(sent));
      return;
    }
    if (stall === sent) {
      yield { kind: "wait", ms: STALL_MS };
      yield { kind: "break" };
      return;
    }
    if (cut === sent) return yield* cutOff(cleanEnd);
    const pauseMs = sent === source.opening ? firstTokenMs : sent === 0 ? 0 : delayMs;
    if (pauseMs > 0) yield { kind: "wait", ms: pauseMs };
    sent += 1;
    const bytes = bytesOf(malformed === sent ? mangle(event) : event);
    const end =
      cutInside === sent ? Math.max(1, bytes.length >> 1) : cutRune !== undefined && cutRune <= sent ? insideRune(bytes) : undefined;
    if (end !== undefined) {
      yield { kind: "send", bytes: bytes.subarray(0, end) };
      return yield* cutOff(cleanEnd);
    }
    yield { kind: "send", bytes };
  }
  // The stream was shorter than the fault's place: it happens at the end.
  if (errorAt !== undefined) yield send(source.errorEvent(sent));
  else if (stall !== undefined) {
    yield { kind: "wait", ms: STALL_MS };
    yield { kind: "break" };
  } else if (cut !== undefined || cutInside !== undefined || cutRune !== undefined) yield* cutOff(cleanEnd);
}

function send(text: string): Step {
  return { kind: "send", bytes: ENCODER.encode(text) };
}

function* cutOff(cleanEnd: boolean): Generator<Step> {
  if (!cleanEnd) yield { kind: "break" };
}

function bytesOf(event: string | Uint8Array): Uint8Array {
  return typeof event === "string" ? ENCODER.encode(event) : event;
}

/** Halves the JSON of an event and leaves the framing whole. */
function mangle(event: string | Uint8Array): string {
  const text = typeof event === "string" ? event : new TextDecoder().decode(event);
  if (!/^data: /m.test(text)) return text.slice(0, Math.max(1, text.length >> 1));
  return text.replace(/^data: (.*)$/m, (_line, json: string) => `data: ${json.slice(0, Math.max(1, json.length >> 1))}`);
}

/** The length that ends after the first byte of the first multi-byte character. */
function insideRune(bytes: Uint8Array): number | undefined {
  const lead = bytes.findIndex((byte) => byte >= 0xc0);
  return lead < 0 ? undefined : lead + 1;
}

/** Cuts what is sent into other chunks; what a step sends goes out before the next wait. */
export function* resplit(steps: Iterable<Step>, split: Split, seed: number | undefined): Generator<Step> {
  if (split.kind === "event") return yield* steps;
  const random = chance(seed);
  let held = new Uint8Array(0);
  for (const step of steps) {
    if (step.kind === "send") {
      held = joined(held, step.bytes);
      if (split.kind === "bytes") {
        // Whole chunks only: the rest may be completed by the next event.
        const whole = held.length - (held.length % split.size);
        for (let at = 0; at < whole; at += split.size) yield { kind: "send", bytes: held.slice(at, at + split.size) };
        held = held.slice(whole);
        continue;
      }
    }
    yield* flush(held, split, random);
    held = new Uint8Array(0);
    if (step.kind !== "send") yield step;
  }
  yield* flush(held, split, random);
}

const RANDOM_CHUNK_BYTES_MAX = 48;

function* flush(bytes: Uint8Array, split: Split, random: Chance): Generator<Step> {
  for (let at = 0; at < bytes.length; ) {
    const end =
      split.kind === "random"
        ? at + 1 + random.integer(RANDOM_CHUNK_BYTES_MAX)
        : split.kind === "utf8"
          ? afterNextLead(bytes, at)
          : bytes.length;
    yield { kind: "send", bytes: bytes.slice(at, end) };
    at = end;
  }
}

/** The place behind the next byte that must not stand alone: a multi-byte character's first, or a carriage return. */
function afterNextLead(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0xc0 || byte === 0x0d) return at + 1;
  }
  return bytes.length;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
