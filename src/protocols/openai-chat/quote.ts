/** A name that a client or an upstream chose, for a warning: warnings travel in a header, so only a plain and short one is repeated. */
export function quote(name: unknown): string {
  return typeof name === "string" && /^[\w.:/-]{1,64}$/.test(name) ? `"${name}"` : "a name of another form";
}
