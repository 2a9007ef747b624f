/** Largest texts that a policy lets through. Absent: no limit. */
export interface SizeLimits {
  /** UTF-16 code units of one text. */
  textCharsMax?: number | undefined;
  /** UTF-16 code units of all texts of a request or reply. */
  totalCharsMax?: number | undefined;
  /** Texts: messages, tool results, tool arguments. */
  textsMax?: number | undefined;
}

/** Which limit is passed first, and by how much; undefined when all are kept. */
export function sizeProblem(
  texts: readonly string[],
  limits: SizeLimits,
): { limit: keyof SizeLimits; max: number; actual: number } | undefined {
  const { textCharsMax = Infinity, totalCharsMax = Infinity, textsMax = Infinity } = limits;
  if (texts.length > textsMax) return { limit: "textsMax", max: textsMax, actual: texts.length };
  let total = 0;
  for (const { length } of texts) {
    if (length > textCharsMax) return { limit: "textCharsMax", max: textCharsMax, actual: length };
    total += length;
    if (total > totalCharsMax) return { limit: "totalCharsMax", max: totalCharsMax, actual: total };
  }
  return undefined;
}
