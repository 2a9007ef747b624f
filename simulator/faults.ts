import { chance } from "./random";
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

/** Cuts what is sent into other chunks; what is held goes out before the next wait. */
export function* resplit(steps: Iterable<Step>, split: Split, seed: number | undefined): Generator<Step> {
  if (split.kind === "event") return yield* steps;
  if (split.kind === "bytes") return yield* fill(steps, split.size);
  const random = chance(seed);
  for (const step of steps) {
    if (step.kind !== "send") yield step;
    else
      yield* shred(step.bytes, (at) =>
        split.kind === "random" ? at + 1 + random.integer(RANDOM_CHUNK_BYTES_MAX) : afterNextLead(step.bytes, at),
      );
  }
}

const RANDOM_CHUNK_BYTES_MAX = 48;

/** Chunks of one size, across events; only the last before a wait or the end is shorter. */
function* fill(steps: Iterable<Step>, size: number): Generator<Step> {
  let held: Uint8Array[] = [];
  let length = 0;
  for (const step of steps) {
    if (step.kind === "send") {
      held.push(step.bytes);
      length += step.bytes.length;
      if (length < size) continue;
    }
    const bytes = joined(held, length);
    const whole = step.kind === "send" ? length - (length % size) : length;
    yield* shred(bytes.subarray(0, whole), (at) => at + size);
    held = whole < length ? [bytes.subarray(whole)] : [];
    length -= whole;
    if (step.kind !== "send") yield step;
  }
  yield* shred(joined(held, length), (at) => at + size);
}

/** Sends the bytes in pieces; `endOf` tells where the piece that begins at a place ends. */
function* shred(bytes: Uint8Array, endOf: (at: number) => number): Generator<Step> {
  for (let at = 0; at < bytes.length; ) {
    const end = endOf(at);
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

function joined(parts: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
