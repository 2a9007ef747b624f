import type { Protocol } from "../protocol";
import { decodeRequest } from "./decode-request";
import { decodeResponse } from "./decode-response";
import { streamDecoder } from "./decode-stream";
import { encodeRequest } from "./encode-request";
import { encodeResponse } from "./encode-response";
import { streamEncoder } from "./encode-stream";
import { decodeError, encodeError, encodeStreamError } from "./errors";
import { forwardRequest } from "./forward";
import { encodeLimits } from "./limits";
import { encodeModel, encodeModelList } from "./models";

/** Anthropic's Messages API. https://platform.claude.com/docs/en/api/messages */
export const anthropicMessages: Protocol = {
  id: "anthropic-messages",
  decodeRequest,
  forwardRequest,
  // Usage is part of every stream on this wire.
  isUnaskedUsage: () => false,
  ignoredEventName: "ping",
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
