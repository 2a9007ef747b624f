import { CONCEPTS, type Concept } from "./lexicon";

/** A rule: one concept of each group within so many units, in any order (Korean, Japanese and Hindi put the verb last). */
interface Rule {
  name: string;
  groups: readonly (readonly Concept[])[];
  unitsMax: number;
}

/** Names are what `reasons` holds. */
export const RULES: readonly Rule[] = [
  {
    name: "override-instructions",
    groups: [
      ["ignore", "bypass"],
      ["instructions", "prompt"],
      ["previous", "all", "your", "system"],
    ],
    unitsMax: 60,
  },
  {
    name: "override-rules",
    groups: [
      ["ignore", "bypass"],
      ["rules", "limits", "ethics"],
      ["your", "all", "previous", "machine", "system"],
    ],
    unitsMax: 60,
  },
  {
    name: "drop-limits",
    groups: [
      ["without", "bypass", "ignore"],
      ["limits", "rules", "ethics"],
      ["comply", "persona", "machine", "mode", "now", "unbound", "reveal"],
    ],
    unitsMax: 80,
  },
  { name: "prompt-leak", groups: [["reveal"], ["prompt", "instructions", "rules"], ["system", "your", "previous"]], unitsMax: 60 },
  { name: "leak-system-prompt", groups: [["reveal"], ["system"], ["prompt"]], unitsMax: 40 },
  { name: "repeat-above", groups: [["reveal"], ["previous"], ["all", "only", "instructions"]], unitsMax: 60 },
  { name: "unbound-persona", groups: [["persona", "now", "jailbreak"], ["unbound"]], unitsMax: 100 },
  {
    name: "persona-without-limits",
    groups: [
      ["persona", "now"],
      ["without", "bypass"],
      ["limits", "rules", "ethics"],
    ],
    unitsMax: 100,
  },
  { name: "persona-machine", groups: [["persona", "now"], ["machine"], ["without", "unbound", "limits"]], unitsMax: 100 },
  { name: "jailbreak-name", groups: [["jailbreak"], ["persona", "now", "mode", "machine", "your"]], unitsMax: 80 },
  {
    name: "privileged-mode",
    groups: [["mode"], ["authority", "jailbreak", "unbound", "bypass"], ["now", "your", "reveal", "machine"]],
    unitsMax: 70,
  },
  { name: "authority-claim", groups: [["authority"], ["your"], ["reveal", "comply", "mode", "bypass"]], unitsMax: 70 },
  { name: "never-refuse", groups: [["comply"], ["without"], ["machine", "limits", "rules", "ethics", "persona"]], unitsMax: 80 },
  { name: "new-instructions", groups: [["now"], ["instructions", "marker"], ["ignore", "previous", "comply", "only"]], unitsMax: 60 },
  { name: "fake-role-marker", groups: [["marker"]], unitsMax: 20 },
  { name: "send-secret", groups: [["exfil"], ["secret", "prompt"], ["all", "your", "previous", "system"]], unitsMax: 80 },
  {
    name: "covert-orders",
    groups: [["covert"], ["machine", "exfil", "ignore", "only", "secret", "marker", "instructions"]],
    unitsMax: 90,
  },
  {
    name: "addresses-assistant",
    groups: [["machine"], ["ignore", "bypass", "exfil"], ["your", "all", "previous", "instructions", "now", "secret"]],
    unitsMax: 80,
  },
  { name: "encoded-answer", groups: [["encoding"], ["reveal", "comply"], ["prompt", "instructions", "system"]], unitsMax: 80 },
  { name: "say-only", groups: [["only"], ["ignore", "now"], ["instructions", "previous", "all"]], unitsMax: 80 },
  { name: "threat-or-bribe", groups: [["stakes"], ["comply", "persona"], ["your", "machine"]], unitsMax: 80 },
];

/** A rule, by number, and the part of a text that met it. */
export interface RuleMet {
  rule: number;
  start: number;
  end: number;
}

const FAR = -1_000_000;
const RULE_UNITS_MAX = Math.max(...RULES.map(({ unitsMax }) => unitsMax));

/** Groups of all rules one after another, their concepts as bits, and where each rule's begin: few bytes, walked for every concept. */
const GROUPS = Int32Array.from(RULES.flatMap(({ groups }) => groups.map(bitsOf)));
const GROUPS_FROM = Uint8Array.from({ length: RULES.length + 1 }, (_, rule) => RULES.slice(0, rule).flatMap(({ groups }) => groups).length);
/** All concepts of each rule as bits. */
const CONCEPTS_OF = Int32Array.from(RULES, ({ groups }) => bitsOf(groups.flat()));
const UNITS_MAX = Int32Array.from(RULES, ({ unitsMax }) => unitsMax);

/** Follows the concepts of one text in order and tells which rules each completes. Constant work a concept. */
export class RuleTracker {
  readonly met: RuleMet[] = [];
  private readonly lastAt = new Int32Array(CONCEPTS.length).fill(FAR);
  private readonly lastMet = new Int32Array(RULES.length).fill(FAR);
  private readonly completed: number[] = [];

  /** What it returns holds until the next call. */
  meet(concept: number, start: number, end: number): readonly number[] {
    const { completed, lastMet } = this;
    this.lastAt[concept] = start;
    completed.length = 0;
    const near = this.since(start - RULE_UNITS_MAX);
    for (let rule = 0; rule < CONCEPTS_OF.length; rule++) {
      if (((CONCEPTS_OF[rule] ?? 0) & (1 << concept)) === 0 || !hasEachGroup(rule, near)) continue;
      const unitsMax = UNITS_MAX[rule] ?? 0;
      const from = this.startOf(rule, start - unitsMax);
      if (from === FAR) continue;
      completed.push(rule);
      if (start - (lastMet[rule] ?? FAR) > unitsMax) this.met.push({ rule, start: from, end });
      lastMet[rule] = start;
    }
    return completed;
  }

  /** The concepts last met at or after `least`, as bits. */
  private since(least: number): number {
    const { lastAt } = this;
    let bits = 0;
    for (let i = 0; i < lastAt.length; i++) if ((lastAt[i] ?? FAR) >= least) bits |= 1 << i;
    return bits;
  }

  /** Where the concepts of a rule begin if each group has been met at or after `least`; otherwise FAR. */
  private startOf(rule: number, least: number): number {
    let from = Number.MAX_SAFE_INTEGER;
    for (let group = GROUPS_FROM[rule] ?? 0; group < (GROUPS_FROM[rule + 1] ?? 0); group++) {
      let latest = FAR;
      for (let rest = GROUPS[group] ?? 0; rest !== 0; rest &= rest - 1)
        latest = Math.max(latest, this.lastAt[31 - Math.clz32(rest & -rest)] ?? FAR);
      if (latest < least) return FAR;
      from = Math.min(from, latest);
    }
    return from;
  }
}

/** Whether each group of a rule has one of these concepts. */
function hasEachGroup(rule: number, concepts: number): boolean {
  const end = GROUPS_FROM[rule + 1] ?? 0;
  for (let group = GROUPS_FROM[rule] ?? 0; group < end; group++) if (((GROUPS[group] ?? 0) & concepts) === 0) return false;
  return true;
}

function bitsOf(concepts: readonly Concept[]): number {
  return concepts.reduce((bits, concept) => bits | (1 << CONCEPTS.indexOf(concept)), 0);
}
