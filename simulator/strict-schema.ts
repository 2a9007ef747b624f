import { arrayOf, isObject, objectOf } from "./check";

/**
 * Why a schema is refused by structured output, or undefined. Both houses want `additionalProperties: false` on every object;
 * OpenAI's strict mode also wants every property required.
 */
export function strictProblem(schema: unknown, everyPropertyRequired: boolean, path: string[] = []): string | undefined {
  if (!isObject(schema)) return undefined;
  const where = `In context=(${path.map((step) => `'${step}'`).join(", ")})`;
  if (schema.type === "object" || isObject(schema.properties)) {
    if (schema.additionalProperties !== false) return `${where}, 'additionalProperties' is required to be supplied and to be false.`;
    const names = Object.keys(objectOf(schema.properties));
    const untyped = names.find((name) => typeof objectOf(schema.properties)[name] === "boolean");
    if (untyped !== undefined) return `${where}, property '${untyped}' must have a schema, not true or false.`;
    const missing = names.find((name) => !arrayOf(schema.required).includes(name));
    if (everyPropertyRequired && missing !== undefined) {
      return `${where}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
  }
  const children: [string[], unknown][] = [
    ...Object.entries(objectOf(schema.properties)).map(([name, child]): [string[], unknown] => [["properties", name], child]),
    ...Object.entries(objectOf(schema.$defs)).map(([name, child]): [string[], unknown] => [["$defs", name], child]),
    ...arrayOf(schema.anyOf).map((child, i): [string[], unknown] => [["anyOf", String(i)], child]),
    [["items"], schema.items],
  ];
  for (const [steps, child] of children) {
    const problem = strictProblem(child, everyPropertyRequired, [...path, ...steps]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
