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

const FAR = -1_000_000;

/** Which rules each concept can complete. */
const RULES_OF: readonly (readonly number[])[] = CONCEPTS.map((concept) =>
  RULES.flatMap((rule, index) => (rule.groups.some((group) => group.includes(concept)) ? [index] : [])),
);
const GROUPS: readonly (readonly (readonly number[])[])[] = RULES.map(({ groups }) =>
  groups.map((group) => group.map((concept) => CONCEPTS.indexOf(concept))),
);

/** Follows the concepts of one text in order and tells which rules each completes. Constant work a concept. */
export class RuleTracker {
  readonly met: { rule: number; start: number; end: number }[] = [];
  private readonly lastAt = new Int32Array(CONCEPTS.length).fill(FAR);
  private readonly lastMet = new Int32Array(RULES.length).fill(FAR);

  meet(concept: number, start: number, end: number): number[] {
    this.lastAt[concept] = start;
    const completed: number[] = [];
    for (const index of RULES_OF[concept] ?? []) {
      const limit = start - (RULES[index]?.unitsMax ?? 0);
      let from = start;
      const isMet = (GROUPS[index] ?? []).every((group) => {
        let latest = FAR;
        for (const one of group) latest = Math.max(latest, this.lastAt[one] ?? FAR);
        from = Math.min(from, latest);
        return latest >= limit;
      });
      if (!isMet) continue;
      completed.push(index);
      if (start - (this.lastMet[index] ?? FAR) > (RULES[index]?.unitsMax ?? 0)) this.met.push({ rule: index, start: from, end });
      this.lastMet[index] = start;
    }
    return completed;
  }
}
