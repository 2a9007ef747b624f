/** What `text.matchAll` finds with the pattern, here sticky, that `spots` were looked up for. */
export function matchesAt(text: string, sticky: RegExp, spots: readonly number[]): RegExpExecArray[] {
  const matches: RegExpExecArray[] = [];
  let end = 0;
  for (const at of spots) {
    if (at < end) continue;
    sticky.lastIndex = at;
    const match = sticky.exec(text);
    if (!match) continue;
    matches.push(match);
    end = at + match[0].length;
  }
  return matches;
}

/** What `text.matchAll` finds with a global pattern, without making a new one each time. */
export function matchesOf(text: string, global: RegExp): RegExpExecArray[] {
  const matches: RegExpExecArray[] = [];
  global.lastIndex = 0;
  for (let match = global.exec(text); match; match = global.exec(text)) matches.push(match);
  return matches;
}
