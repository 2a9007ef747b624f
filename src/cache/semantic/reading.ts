/** Languages that the verifier reads with a grammar of their own; every other script is read word by word. */
export type Language = "english" | "korean";

/** One word that carries meaning, reduced to a form under which paraphrases agree. */
export interface Token {
  /** Lemma. */
  key: string;
  /** Other forms it may be reduced to; two words agree when any of theirs do. */
  others: readonly string[];
  kind: "word" | "name" | "number" | "literal" | "question" | "modal";
  /** How much an answer depends on it: 1 for an ordinary word, near 0 for one that hardly narrows a question. */
  weight: number;
  /** The preposition or particle that ties it to the sentence, or "". */
  governor: string;
  /** "and", "or" when it continues a list, "" otherwise. */
  link: "and" | "or" | "";
}

/** A question as the verifier compares it. */
export interface Reading {
  language: Language;
  tokens: Token[];
  /** Letters and digits only, lower case: equal for texts that differ in spaces and punctuation alone. */
  compact: string;
  /** Function words left aside, in order. */
  glue: string[];
  negations: number;
  /** Whether it can be answered by yes or no; known of English only. */
  yesNo: boolean;
  tense: "past" | "present" | "future" | "";
  /** Third-person pronouns in order, by gender and case. */
  pronouns: string;
  /** Quoted strings, folded. */
  quoted: string[];
  ands: number;
  ors: number;
  /** Whether it names a relation that holds both ways, such as "married to". */
  symmetric: boolean;
  /** Text to be worked on by an instruction such as "translate", exactly; undefined when there is none. */
  payload: string | undefined;
}
