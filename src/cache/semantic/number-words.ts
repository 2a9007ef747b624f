const SMALL =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const SCALES = new Map(
  Object.entries({
    hundred: 100,
    thousand: 1e3,
    million: 1e6,
    billion: 1e9,
    trillion: 1e12,
    lakh: 1e5,
    lac: 1e5,
    crore: 1e7,
    k: 1e3,
    m: 1e6,
    mn: 1e6,
    b: 1e9,
    bn: 1e9,
  }),
);
const ORDINALS =
  "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth".split(" ");
const FIXED = new Map(
  Object.entries({
    dozen: "12",
    once: "1x",
    twice: "2x",
    thrice: "3x",
    double: "2x",
    triple: "3x",
    twentieth: "20th",
    hundredth: "100th",
  }),
);

/** A number read from words: its value as text, and the first word after it. */
export interface ReadNumber {
  value: string;
  next: number;
}

/** Reads a cardinal or ordinal that starts at `words[at]`, in digits or in words; undefined when there is none. */
export function readNumber(words: readonly string[], at: number): ReadNumber | undefined {
  const first = words[at] ?? "";
  const fixed = FIXED.get(first);
  if (fixed !== undefined) return { value: fixed, next: at + 1 };
  const ordinal = ORDINALS.indexOf(first);
  if (ordinal > 0) return { value: `${ordinal}th`, next: at + 1 };
  let total = 0;
  let group = unitOf(first);
  if (group === undefined) return undefined;
  let next = at + 1;
  let wasTens = TENS.includes(first);
  for (; next < words.length; next++) {
    const word = words[next] ?? "";
    const scale = SCALES.get(word);
    const unit = unitOf(word);
    const ends = ORDINALS.indexOf(word);
    if (scale !== undefined && (word.length > 1 || next === at + 1)) {
      group *= scale;
      if (scale >= 1000) {
        total += group;
        group = 0;
      }
      wasTens = false;
    } else if (wasTens && ends > 0 && ends < 10) return { value: `${total + group + ends}th`, next: next + 1 };
    else if (
      unit !== undefined &&
      !/^\d/.test(word) &&
      ((wasTens && unit < 10) || (group === 0 && total > 0) || (group > 0 && group % 100 === 0 && unit < 100))
    ) {
      group += unit;
      wasTens = TENS.includes(word);
    } else if (word === "and" && group > 0 && group % 100 === 0 && unitOf(words[next + 1] ?? "") !== undefined && !/^\d/.test(first))
      continue;
    else break;
  }
  // "3.1" and "3.10" are two versions, though one number.
  if (next === at + 1 && /^\d+\.\d*0$/.test(first)) return { value: first, next };
  return { value: String(Number((total + group).toPrecision(12))), next };
}

function unitOf(word: string): number | undefined {
  if (/^\d/.test(word)) {
    const value = Number(word.replace(/,/g, ""));
    return Number.isNaN(value) ? undefined : value;
  }
  const small = SMALL.indexOf(word);
  if (small >= 0) return small;
  const tens = TENS.indexOf(word);
  return tens >= 0 ? (tens + 2) * 10 : undefined;
}
