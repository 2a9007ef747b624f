import * as z from "zod";
import type { KeyPolicy } from "../auth";
import { CACHE_MODES, CACHE_SCOPES, cacheTtlSeconds, type GuardrailPolicy, guardrailOverrides } from "../config";
import { guardsOf, patternProblem, schemaProblem } from "../guardrails";
import { budgetsSchema, type LimitPolicy, rateLimitsSchema } from "../limits";
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
/** Checked by what they mean, kept as they were given. */
const limits = z.unknown().superRefine(asMeant(rateLimitsSchema)).optional();
const budget = z.unknown().superRefine(asMeant(budgetsSchema)).optional();
const modelLimits = z
  .unknown()
  .superRefine(asMeant(named(rateLimitsSchema, "limits by model")))
  .optional();

function asMeant(schema: z.ZodType) {
  return (value: unknown, context: z.RefinementCtx): void => {
    if (value === null || value === undefined) return;
    const result = schema.safeParse(value);
    for (const { path, message } of result.error?.issues ?? []) context.addIssue({ code: "custom", path, message });
  };
}

const cachePolicySchema = z
  .strictObject({ mode: z.enum(CACHE_MODES), ttl_seconds: cacheTtlSeconds, scope: z.enum(CACHE_SCOPES) })
  .partial();

/** Lists and expressions must be such that they can be used, and looked for in linear time. */
function usable(policy: GuardrailPolicy, context: z.RefinementCtx): void {
  for (const [at, { source }] of (policy.patterns ?? []).entries()) {
    const message = patternProblem(source);
    if (message !== undefined) context.addIssue({ code: "custom", path: ["patterns", at, "source"], message });
  }
  const schema = policy.outputSchema && schemaProblem(policy.outputSchema.schema);
  if (schema !== undefined) context.addIssue({ code: "custom", path: ["outputSchema", "schema"], message: schema });
  if (context.issues.length > 0) return;
  try {
    guardsOf(policy);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
}

/** The fields of a policy, as bodies give them; null takes one away. */
const policyFields = {
  models: models.nullish(),
  tags: tags.nullish(),
  limits,
  budget,
  user_limits: limits,
  user_budget: budget,
  team: name.nullish(),
  team_limits: limits,
  team_budget: budget,
  model_limits: modelLimits,
  cache: cachePolicySchema.nullish(),
  guardrails: guardrailOverrides.superRefine(usable).nullish(),
  max_output_tokens: z.int("expected a whole number").min(1, "expected at least 1").nullish(),
  require_user: z.boolean("expected true or false").nullish(),
  on_limiter_failure: z.enum(["open", "closed"], "expected open or closed").nullish(),
};

/** `POST /keys`. null means the same as leaving a field out. */
export const newKeySchema = z.strictObject({
  name,
  ...policyFields,
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
    ...policyFields,
    expires_at: timeSchema.nullable(),
    disabled: z.boolean("expected true or false"),
  })
  .partial();

export type NewKey = z.infer<typeof newKeySchema>;
export type KeyChange = z.infer<typeof keyChangeSchema>;

const POLICY_FIELDS = Object.keys(policyFields) as (keyof typeof policyFields)[]; // its own keys

/** The policy after the fields given in a body: absent fields as before, null ones gone. */
export function applyPolicy(before: KeyPolicy, body: NewKey | KeyChange): KeyPolicy {
  const after: Record<string, unknown> = { ...before };
  for (const field of POLICY_FIELDS) {
    if (body[field] === undefined) continue;
    if (body[field] === null) delete after[field];
    else after[field] = body[field];
  }
  // Built from a KeyPolicy and fields that the schemas above hold to its types.
  const policy = after as KeyPolicy;
  const rules = rulesOf(policy);
  if (Object.keys(rules).length > 0) policy.rules = rules;
  else delete policy.rules;
  return policy;
}

/** What the limits and budgets of a policy mean. */
function rulesOf(policy: KeyPolicy): LimitPolicy {
  const { limits: own, budget: ownBudget, user_limits, user_budget, team, team_limits, team_budget, model_limits } = policy;
  return {
    ...(own === undefined ? {} : { limits: rateLimitsSchema.parse(own) }),
    ...(ownBudget === undefined ? {} : { budget: budgetsSchema.parse(ownBudget) }),
    ...(user_limits === undefined ? {} : { userLimits: rateLimitsSchema.parse(user_limits) }),
    ...(user_budget === undefined ? {} : { userBudget: budgetsSchema.parse(user_budget) }),
    ...(team === undefined ? {} : { team }),
    ...(team_limits === undefined ? {} : { teamLimits: rateLimitsSchema.parse(team_limits) }),
    ...(team_budget === undefined ? {} : { teamBudget: budgetsSchema.parse(team_budget) }),
    ...(model_limits === undefined ? {} : { modelLimits: named(rateLimitsSchema, "limits").parse(model_limits) }),
  };
}
