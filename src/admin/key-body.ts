import * as z from "zod";
import type { KeyPolicy } from "../auth";
import { timeSchema } from "./time";

const MODELS_MAX = 200;
const ENTRIES_MAX = 50;
const NAME_CHARS_MAX = 100;
const VALUE_CHARS_MAX = 256;
const DAYS_MAX = 3660;

const name = z
  .string("expected a name")
  .trim()
  .min(1, "expected a name")
  .max(NAME_CHARS_MAX, `expected at most ${NAME_CHARS_MAX} characters`);

const models = z
  .array(
    z
      .string("expected model names")
      .min(1, "expected a model name")
      .max(VALUE_CHARS_MAX, `expected at most ${VALUE_CHARS_MAX} characters`)
      .regex(/^[^*]*\*?$/, "expected an exact name, or a beginning followed by one `*`"),
    "expected a list of model names",
  )
  .min(1, "expected at least one model; leave the field out (or null) to allow every model")
  .max(MODELS_MAX, `expected at most ${MODELS_MAX} models`);

/** Named values, not too many of them. */
function named<Value extends z.ZodType>(value: Value, what: string) {
  return z
    .record(z.string().min(1, "expected a name").max(64, "expected names of at most 64 characters"), value, `expected an object of ${what}`)
    .refine((entries) => Object.keys(entries).length <= ENTRIES_MAX, `expected at most ${ENTRIES_MAX} entries`);
}

const tags = named(z.string("expected a string").max(VALUE_CHARS_MAX, `expected at most ${VALUE_CHARS_MAX} characters`), "strings");
const amount = z.number("expected a number").nonnegative("expected no negative number");
const limits = named(amount, "numbers");
const budget = named(
  z.union([amount, z.string().max(VALUE_CHARS_MAX)], "expected a number that is not negative, or a short text"),
  "numbers or texts",
);

/** `POST /keys`. null means the same as leaving a field out. */
export const newKeySchema = z.strictObject({
  name,
  models: models.nullish(),
  tags: tags.nullish(),
  limits: limits.nullish(),
  budget: budget.nullish(),
  expires_at: timeSchema.nullish(),
  expires_in_days: z
    .number("expected a number of days")
    .positive("expected a positive number")
    .max(DAYS_MAX, `expected at most ${DAYS_MAX}`)
    .nullish(),
});

/** `PATCH /keys/{id}`. A field that is there replaces the old one as a whole, null takes it away, an absent one stays. */
export const keyChangeSchema = z
  .strictObject({
    name,
    models: models.nullable(),
    tags: tags.nullable(),
    limits: limits.nullable(),
    budget: budget.nullable(),
    expires_at: timeSchema.nullable(),
    disabled: z.boolean("expected true or false"),
  })
  .partial();

export type NewKey = z.infer<typeof newKeySchema>;
export type KeyChange = z.infer<typeof keyChangeSchema>;

const POLICY_FIELDS = ["models", "tags", "limits", "budget"] as const satisfies readonly (keyof KeyPolicy)[];

/** The policy after the fields given in a body: absent fields as before, null ones gone. */
export function applyPolicy(policy: KeyPolicy, body: NewKey | KeyChange): KeyPolicy {
  const after: Record<string, unknown> = { ...policy };
  for (const field of POLICY_FIELDS) {
    if (body[field] === undefined) continue;
    if (body[field] === null) delete after[field];
    else after[field] = body[field];
  }
  // Built from a KeyPolicy and fields that the schemas above hold to its types.
  return after as KeyPolicy;
}
