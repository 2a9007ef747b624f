/** The numbers as a vector of length 1. Throws when they are no numbers, or all zero. */
export function unitVector(numbers: unknown): Float32Array {
  if (!Array.isArray(numbers) || !numbers.every((one) => typeof one === "number")) throw new Error("no vector");
  const length = Math.hypot(...numbers);
  if (!(length > 0)) throw new Error("a vector without length");
  return Float32Array.from(numbers, (one) => one / length);
}
