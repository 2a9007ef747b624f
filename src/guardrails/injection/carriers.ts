/** Words that carry an attack in English, in full, for spellings that only whole words can undo. */
export const CARRIERS: readonly string[] =
  "ignore ignoring disregard forget previous instructions instruction system prompt reveal bypass restrictions restriction override password guidelines everything above safety secret hidden rules developer admin unrestricted jailbreak pretend repeat display print show output initial message following commands directives prior policy filters without respond confidential".split(
    " ",
  );
