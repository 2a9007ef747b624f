import { distance } from "fastest-levenshtein";

/** How many suggestions a refusal names. */
const NEAR_NAMES_MAX = 3;
/** Names longer than this are not compared: the cost grows with the square of the length. */
const NAME_CHARS_MAX = 100;

/** The known names nearest to a mistyped one, closest first; none when nothing is near. */
export function nearestNames(asked: string, known: readonly string[]): string[] {
  if (asked.length > NAME_CHARS_MAX) return [];
  const wanted = asked.toLowerCase();
  return [...new Set(known)]
    .map((name) => ({ name, edits: distance(wanted, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.edits - b.edits || a.name.localeCompare(b.name))
    .slice(0, NEAR_NAMES_MAX)
    .map(({ name }) => name);
}
