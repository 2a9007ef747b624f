import { requestIdFloor } from "../../core/id";
import type {
  RequestFilter,
  UsageFilter,
  UsageGroup,
  UsageReader,
  UsageRecord,
  UsageReport,
  UsageSpan,
  UsageStore,
  UsageSums,
} from "../../metering";
import { query } from "./query";
import { recordOf, rowOf, type UsageRow } from "./usage-columns";

/** Text of one bound parameter; D1 takes 2 MB of UTF-8. */
const PARAMETER_CHARS_MAX = 500_000;
const GROUPS_MAX = 1000;
/** A row's `at_ms` and the time in its id come from one clock, read within this much of each other. */
const ID_SLACK_MS = 60 * 60 * 1000;

/** In the order of the values that `insertStatements` binds. */
const COLUMNS = [
  ...["id", "at_ms", "key_id", "user", "endpoint", "protocol", "stream", "model_asked", "model_served", "provider", "task"],
  ...["status", "http_status", "error_class", "finish", "input_tokens", "cache_read_tokens", "cache_write_5m_tokens"],
  ...["cache_write_1h_tokens", "output_tokens", "reasoning_tokens", "estimated", "cost_nano_usd", "price_version", "latency_ms"],
  ...["ttfb_ms", "ttft_ms", "attempts", "upstream_id", "tags", "warnings", "usage_raw", "other_attempts"],
  ...["cache", "cache_key", "saved_tokens", "saved_nano_usd", "saved_ms", "shadow"],
  ...["route", "prompt_cache_nano_usd", "left_out_tokens", "left_out_nano_usd", "routing_nano_usd", "guardrails"],
] as const satisfies readonly (keyof UsageRow)[];

/**
 * A row that is there stays, but for one that nobody had settled: the truth may come late. One statement and one parameter for any number of rows: a JSON array of arrays. `WHERE true` keeps the parser from reading ON as a join. */
const INSERT = `INSERT INTO usage (${COLUMNS.join(", ")})
  SELECT ${COLUMNS.map((_, at) => `json_extract(value, '$[${at}]')`).join(", ")} FROM json_each(?1) WHERE true
  ON CONFLICT (id) DO UPDATE SET ${COLUMNS.filter((column) => column !== "id")
    .map((column) => `${column} = excluded.${column}`)
    .join(", ")}
  WHERE usage.status = 'unsettled' AND excluded.status <> 'unsettled'`;

/**
 * What is summed: every row with the figures of the call that answered, and beside it every other call of the request, so that each
 * model's and provider's money is its own. Other calls count as no request.
 */
const billed = (where: string): string => `(
  SELECT 1 AS requests, model_asked, model_served, key_id, user, at_ms, provider, task, status, input_tokens, cache_read_tokens,
    cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, estimated, cache, saved_tokens, saved_nano_usd,
    saved_ms, shadow, prompt_cache_nano_usd, left_out_nano_usd, routing_nano_usd,
    cost_nano_usd - COALESCE((SELECT SUM(value ->> '$.costNanoUsd') FROM json_each(other_attempts)), 0) AS cost_nano_usd
  FROM usage WHERE ${where}
  UNION ALL
  SELECT 0, model_asked, value ->> '$.model', key_id, user, at_ms, value ->> '$.provider', task, '', value ->> '$.inputTokens', 0,
    0, 0, value ->> '$.outputTokens', 0, 0, NULL, 0, 0, 0, NULL, 0, 0, 0, value ->> '$.costNanoUsd'
  FROM usage, json_each(other_attempts) WHERE other_attempts IS NOT NULL AND ${where.replaceAll(/\bid\b/g, "usage.id")}
)`;

const SUMS = `COALESCE(SUM(requests), 0) AS requests,
  COALESCE(SUM(status IN ('error', 'interrupted')), 0) AS errors,
  COALESCE(SUM(status = 'aborted'), 0) AS aborted,
  COALESCE(SUM(input_tokens), 0) AS inputTokens,
  COALESCE(SUM(cache_read_tokens), 0) AS cacheReadTokens,
  COALESCE(SUM(cache_write_5m_tokens + cache_write_1h_tokens), 0) AS cacheWriteTokens,
  COALESCE(SUM(output_tokens), 0) AS outputTokens,
  COALESCE(SUM(reasoning_tokens), 0) AS reasoningTokens,
  COALESCE(SUM(estimated), 0) AS estimatedRequests,
  SUM(cost_nano_usd) AS costNanoUsd,
  COALESCE(SUM(requests AND cost_nano_usd IS NULL), 0) AS unpricedRequests,
  COALESCE(SUM(cache IN ('memory', 'kv', 'd1', 'semantic', 'stale')), 0) AS cacheHits,
  COALESCE(SUM(saved_tokens), 0) AS savedTokens,
  COALESCE(SUM(saved_nano_usd), 0) AS savedNanoUsd,
  COALESCE(SUM(saved_ms), 0) AS savedMs,
  COALESCE(SUM(shadow IS NOT NULL), 0) AS shadowHits,
  COALESCE(SUM(shadow = 'differ'), 0) AS shadowFalseHits,
  COALESCE(SUM(prompt_cache_nano_usd), 0) AS promptCacheNanoUsd,
  COALESCE(SUM(left_out_nano_usd), 0) AS leftOutNanoUsd,
  COALESCE(SUM(routing_nano_usd), 0) AS routingNanoUsd`;

const GROUP_EXPRESSION = {
  model: "COALESCE(model_served, model_asked)",
  key: "key_id",
  user: "user",
  day: "strftime('%Y-%m-%d', at_ms / 1000, 'unixepoch')",
  provider: "provider",
  task: "task",
  cache: "cache",
} as const satisfies Record<UsageGroup, string>;

/** The table `usage`. Throws `unavailable` when D1 fails. */
export class D1Usage implements UsageStore, UsageReader {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** All or none. */
  async insert(records: readonly UsageRecord[]): Promise<void> {
    if (records.length === 0) return;
    const statement = this.#db.prepare(INSERT);
    const statements = packRows(records).map((rows) => statement.bind(rows));
    await query("insert usage rows", () => this.#db.batch(statements));
  }

  async report(groupBy: UsageGroup, filter: UsageFilter): Promise<UsageReport> {
    const { where, values } = condition(filter);
    const order = groupBy === "day" ? "1" : "costNanoUsd DESC, requests DESC, 1";
    const groups = this.#db
      .prepare(
        `SELECT ${GROUP_EXPRESSION[groupBy]} AS "group", ${SUMS} FROM ${billed(where)} GROUP BY 1 ORDER BY ${order} LIMIT ${GROUPS_MAX + 1}`,
      )
      .bind(...values);
    const totals = this.#db.prepare(`SELECT NULL AS "group", ${SUMS} FROM ${billed(where)}`).bind(...values);
    const [grouped, total] = await query("sum usage rows", () => this.#db.batch<UsageSums>([groups, totals]));
    const rows = grouped?.results ?? [];
    const [sums] = total?.results ?? [];
    if (!sums) throw new Error("a sum without GROUP BY gave no row");
    const { group: _, ...totalSums } = sums;
    return { groups: rows.slice(0, GROUPS_MAX), truncated: rows.length > GROUPS_MAX, totals: totalSums };
  }

  async list(filter: RequestFilter): Promise<UsageRecord[]> {
    const { where, values } = condition(filter);
    const clauses = [where];
    const bind = (clause: (parameter: string) => string, value: string | number | undefined): void => {
      if (value === undefined) return;
      values.push(value);
      clauses.push(clause(`?${values.length}`));
    };
    bind((id) => `id < ${id}`, filter.before);
    bind((status) => `status = ${status}`, filter.status);
    bind((model) => `(model_served = ${model} OR model_asked = ${model})`, filter.model);
    values.push(filter.limit);
    const statement = this.#db
      .prepare(`SELECT ${COLUMNS.join(", ")} FROM usage WHERE ${clauses.join(" AND ")} ORDER BY id DESC LIMIT ?${values.length}`)
      .bind(...values);
    const { results } = await query("list usage rows", () => statement.all<UsageRow>());
    return results.map(recordOf);
  }

  async get(id: string): Promise<UsageRecord | null> {
    const statement = this.#db.prepare(`SELECT ${COLUMNS.join(", ")} FROM usage WHERE id = ?1`).bind(id);
    const row = await query("read a usage row", () => statement.first<UsageRow>());
    return row && recordOf(row);
  }
}

/** Rows as JSON texts, each small enough to be one parameter. */
function packRows(records: readonly UsageRecord[]): string[] {
  const packs: string[] = [];
  let pack: string[] = [];
  let chars = 0;
  for (const record of records) {
    const row = rowOf(record);
    const text = JSON.stringify(COLUMNS.map((column) => row[column]));
    if (pack.length > 0 && chars + text.length > PARAMETER_CHARS_MAX) {
      packs.push(`[${pack.join(",")}]`);
      pack = [];
      chars = 0;
    }
    pack.push(text);
    chars += text.length + 1;
  }
  packs.push(`[${pack.join(",")}]`);
  return packs;
}

/** The stretch of time by primary key, exactly by `at_ms`, and the key. */
function condition(filter: UsageSpan & { keyId?: string }): { where: string; values: (string | number)[] } {
  const values = [requestIdFloor(filter.fromMs - ID_SLACK_MS), requestIdFloor(filter.toMs + ID_SLACK_MS), filter.fromMs, filter.toMs];
  const where = "id >= ?1 AND id < ?2 AND at_ms >= ?3 AND at_ms < ?4";
  if (filter.keyId === undefined) return { where, values };
  return { where: `key_id = ?5 AND ${where}`, values: [...values, filter.keyId] };
}
