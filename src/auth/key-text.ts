import { randomChars } from "../core/id";
import type { RandomBytes } from "../core/random";

const ID_CHARS = 12;
const SECRET_BYTES = 32;
const KEY_FORM = /^sk-sluice-([0-9a-hjkmnp-tv-z]{12})-[A-Za-z0-9_-]{43}$/;

/** The id of a virtual key: `key_` and 60 random bits. */
export function newKeyId(random: RandomBytes): string {
  return `key_${randomChars(ID_CHARS, random)}`;
}

/** The key that a client sends: its id, so that it can be looked up, and a 256-bit secret. Shown once, never stored. */
export function newKeyText(id: string, random: RandomBytes): string {
  const secret = btoa(String.fromCharCode(...random(SECRET_BYTES)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return `sk-sluice-${id.slice("key_".length)}-${secret}`;
}

/** The id of the key that `text` claims to be, or null when it has not the form of a key. */
export function readKeyId(text: string): string | null {
  const match = KEY_FORM.exec(text);
  return match ? `key_${match[1]}` : null;
}
