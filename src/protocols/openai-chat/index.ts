import type { Protocol } from "../protocol";
import { decodeRequest } from "./decode-request";
import { decodeResponse } from "./decode-response";
import { streamDecoder } from "./decode-stream";
import { encodeRequest } from "./encode-request";
import { encodeResponse } from "./encode-response";
import { streamEncoder } from "./encode-stream";
import { decodeError, encodeError, encodeStreamError } from "./errors";
import { forwardRequest } from "./forward";
import { isUsageChunk } from "./hide-usage";
import { encodeLimits } from "./limits";
import { encodeModel, encodeModelList } from "./models";

/** OpenAI's chat completions, and what the vendors that speak it have made of it. https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: Protocol = {
  id: "openai-chat",
  decodeRequest,
  forwardRequest,
  isUnaskedUsage: isUsageChunk,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder,
  streamEncoder,
  encodeError,
  encodeStreamError,
  encodeLimits,
  encodeModel,
  encodeModelList,
  decodeError,
};
