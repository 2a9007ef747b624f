import { ApiError, type House } from "./errors";
import { fingerprint } from "./random";

/** Keys of the gateway itself: a provider does not know them, so one that arrives here has leaked upstream. */
const VIRTUAL_KEY = /^sk-sluice/;

/**
 * Any key will do, but there must be one: `Authorization: Bearer`, Azure's `api-key`, or Anthropic's `x-api-key`. The header
 * `x-simulator-open: 1` (set by whoever reaches the simulator over a service binding) opens without a key.
 * Returns a fingerprint that stands for the organisation. Throws 401.
 */
export function checkCredential(house: House, headers: Headers): string {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
  const own = (house === "anthropic" ? headers.get("x-api-key") : headers.get("api-key")) ?? "";
  const key = own === "" ? bearer : own;
  if (headers.get("x-simulator-open") === "1") return fingerprint(key);
  if (key === "" && house === "anthropic") throw new ApiError(401, "x-api-key header is required");
  if (key === "")
    throw new ApiError(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
    );
  if (!VIRTUAL_KEY.test(key)) return fingerprint(key);
  if (house === "anthropic") throw new ApiError(401, "invalid x-api-key");
  throw new ApiError(401, "Incorrect API key provided: sk-sluice-****.", { code: "invalid_api_key" });
}
