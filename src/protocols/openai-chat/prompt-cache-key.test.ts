import { describe, expect, it } from "vitest";
import { parseObject, replaceSpans } from "../../core/json";
import type { JsonObject } from "../../inference";
import { CAPABLE } from "../anthropic-messages/capable.fixture";
import { decodeRequest } from "./decode-request";
import { encodeRequest } from "./encode-request";
import { promptCacheKey, promptCacheKeyEdits, withPromptCacheKey } from "./prompt-cache-key";

const messages = [{ role: "user", content: "hi" }];

describe("prompt_cache_key", () => {
  it("is the same for the same tenant and prefix only, and tells neither", async () => {
    const key = await promptCacheKey("tenant", "prefix");
    expect(key).toMatch(/^sluice-[0-9a-f]{32}$/);
    expect(await promptCacheKey("tenant", "prefix")).toBe(key);
    expect(new Set([key, await promptCacheKey("other", "prefix"), await promptCacheKey("tenant", "other")]).size).toBe(3);
  });

  it("leaves the caller's own key alone", () => {
    const own = { model: "m", messages, prompt_cache_key: "mine" };
    const json = parseObject<JsonObject>(JSON.stringify(own), 10);
    expect(promptCacheKeyEdits(json, "k")).toEqual([]);
    expect(encodeRequest(withPromptCacheKey(decodeRequest(own), "k"), "m", CAPABLE).body.prompt_cache_key).toBe("mine");
  });

  it("is written into text and into encoded bodies", () => {
    for (const extra of [{}, { prompt_cache_key: null }]) {
      const json = parseObject<JsonObject>(JSON.stringify({ model: "m", messages, ...extra }), 10);
      expect(JSON.parse(replaceSpans(json.text, promptCacheKeyEdits(json, "k")))).toEqual({ model: "m", messages, prompt_cache_key: "k" });
      expect(encodeRequest(withPromptCacheKey(decodeRequest(json.value), "k"), "m", CAPABLE).body.prompt_cache_key).toBe("k");
    }
  });
});
