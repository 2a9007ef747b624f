import { describe, expect, it } from "vitest";
import * as z from "zod";
import { sample } from "./schema";
import { strictProblem } from "./strict-schema";

const PROMPT = 'Book a table at "Chez Nous" in Paris for 4 people on Friday, smoking: no, priority high';

describe("a sample", () => {
  const node: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(node).optional() }));
  it.each([
    ["strings, numbers, booleans, null", z.object({ a: z.string(), b: z.number(), c: z.int(), d: z.boolean(), e: z.null() })],
    ["enums and constants", z.object({ priority: z.enum(["low", "high"]), kind: z.literal("booking") })],
    ["nesting and arrays", z.object({ guests: z.array(z.object({ name: z.string(), age: z.int().min(18).max(99) })).min(2) })],
    ["unions and nullables", z.object({ a: z.union([z.string(), z.number()]), b: z.string().nullable() })],
    [
      "bounds",
      z.object({ a: z.number().gt(10).lt(12), b: z.string().min(5).max(6), c: z.int().multipleOf(5), d: z.array(z.string()).max(0) }),
    ],
    ["formats", z.object({ a: z.email(), b: z.uuid(), c: z.iso.datetime(), d: z.iso.date(), e: z.url(), f: z.ipv4() })],
    ["patterns that a plain value meets", z.object({ a: z.string().regex(/^\d{5}$/), b: z.string().regex(/^[A-Z]+$/) })],
    ["tuples", z.object({ a: z.tuple([z.string(), z.number()]) })],
    ["recursion", z.object({ root: node })],
    ["intersections", z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))],
    ["optional properties", z.object({ smoking: z.string().optional(), other: z.string().optional() })],
  ])("fits a schema with %s", (_what, schema) => {
    const value = sample(z.toJSONSchema(schema), PROMPT);
    expect(schema.safeParse(value).error?.message).toBeUndefined();
  });

  it("takes its values from the prompt", () => {
    const schema = z.object({ place: z.string(), city: z.string(), people: z.int(), priority: z.enum(["low", "high"]) });
    expect(sample(z.toJSONSchema(schema), PROMPT)).toEqual({ place: "Chez Nous", city: "Paris", people: 4, priority: "high" });
  });

  it("fills optional properties only when the prompt names them", () => {
    const schema = z.object({ place: z.string(), smoking: z.string().optional(), terrace: z.string().optional() });
    expect(sample(z.toJSONSchema(schema), PROMPT)).toEqual({ place: "Chez Nous", smoking: "Paris" });
  });

  it("is the same every time", () => {
    const schema = z.toJSONSchema(z.object({ a: z.string(), b: z.number() }));
    expect(sample(schema, PROMPT)).toEqual(sample(schema, PROMPT));
  });

  it("ends in a schema that refers to itself without end", () => {
    const endless = { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] };
    expect(JSON.stringify(sample(endless, PROMPT)).length).toBeLessThan(200);
  });
});

describe("strict schemas", () => {
  const closed = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };
  it("pass when every object is closed and every property required", () => {
    expect(strictProblem(closed, true)).toBeUndefined();
  });
  it("fail on an open object, also deep inside", () => {
    const open = { ...closed, properties: { a: { type: "array", items: { type: "object", properties: {} } } } };
    expect(strictProblem(open, true)).toContain("'properties', 'a', 'items'");
    expect(strictProblem(open, true)).toContain("additionalProperties");
  });
  it("fail on an optional property in OpenAI's strict mode only", () => {
    const optional = { ...closed, required: [] };
    expect(strictProblem(optional, true)).toContain("Missing 'a'");
    expect(strictProblem(optional, false)).toBeUndefined();
  });
});
