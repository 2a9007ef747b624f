/** What a picture costs when its size is not known: a URL, a file of the provider's, a format without a readable header. */
export const TOKENS_PER_UNKNOWN_IMAGE = 1200;

/** Characters of base64 decoded to find the size: JPEG keeps it behind its metadata. A multiple of 4. */
const HEADER_CHARACTERS_MAX = 87_384;

/** One vendor's rule: scaled to this long edge, then pixels per token. */
const LONG_EDGE_MAX = 1568;
const PIXELS_PER_TOKEN = 750;
/** Another's: within this square, then to this short edge, then a fixed part and one for each tile. */
const SQUARE_MAX = 2048;
const SHORT_EDGE_MAX = 768;
const TILE = 512;
const TOKENS_PER_TILE = 170;
const TOKENS_BESIDE_TILES = 85;

export interface ImageSize {
  /** In pixels, at least 1. */
  width: number;
  height: number;
}

/** Tokens of a picture in base64: by its size under the dearer of the two published rules, or what a picture of unknown size is taken for. */
export function estimateImageTokens(base64: string): number {
  const size = imageSize(base64);
  return size ? Math.max(tokensByArea(size), tokensByTiles(size)) : TOKENS_PER_UNKNOWN_IMAGE;
}

/** The size that the header of a PNG, JPEG, GIF or WebP tells; undefined where it tells none. Never throws. */
export function imageSize(base64: string): ImageSize | undefined {
  const bytes = decodeStart(base64);
  if (!bytes) return undefined;
  const size = pngSize(bytes) ?? gifSize(bytes) ?? webpSize(bytes) ?? jpegSize(bytes);
  return size && size.width > 0 && size.height > 0 ? size : undefined;
}

function tokensByArea({ width, height }: ImageSize): number {
  const scale = Math.min(1, LONG_EDGE_MAX / Math.max(width, height));
  return Math.ceil((width * scale * height * scale) / PIXELS_PER_TOKEN);
}

function tokensByTiles({ width, height }: ImageSize): number {
  const toSquare = Math.min(1, SQUARE_MAX / Math.max(width, height));
  const scale = toSquare * Math.min(1, SHORT_EDGE_MAX / (Math.min(width, height) * toSquare));
  return TOKENS_BESIDE_TILES + TOKENS_PER_TILE * Math.ceil((width * scale) / TILE) * Math.ceil((height * scale) / TILE);
}

function decodeStart(base64: string): DataView | undefined {
  const start = base64.slice(0, HEADER_CHARACTERS_MAX);
  try {
    const binary = atob(start.length % 4 === 1 ? start.slice(0, -1) : start);
    const view = new DataView(new ArrayBuffer(binary.length));
    for (let at = 0; at < binary.length; at++) view.setUint8(at, binary.charCodeAt(at));
    return view;
  } catch {
    return undefined;
  }
}

function ascii(bytes: DataView, at: number, text: string): boolean {
  if (bytes.byteLength < at + text.length) return false;
  for (let index = 0; index < text.length; index++) if (bytes.getUint8(at + index) !== text.charCodeAt(index)) return false;
  return true;
}

function pngSize(bytes: DataView): ImageSize | undefined {
  if (bytes.byteLength < 24 || !ascii(bytes, 1, "PNG") || !ascii(bytes, 12, "IHDR")) return undefined;
  return { width: bytes.getUint32(16), height: bytes.getUint32(20) };
}

function gifSize(bytes: DataView): ImageSize | undefined {
  if (bytes.byteLength < 10 || !ascii(bytes, 0, "GIF8")) return undefined;
  return { width: bytes.getUint16(6, true), height: bytes.getUint16(8, true) };
}

/** The three kinds of WebP: extended, lossless, lossy. */
function webpSize(bytes: DataView): ImageSize | undefined {
  if (bytes.byteLength < 30 || !ascii(bytes, 0, "RIFF") || !ascii(bytes, 8, "WEBP")) return undefined;
  if (ascii(bytes, 12, "VP8X")) return { width: 1 + (bytes.getUint32(24, true) & 0xffffff), height: 1 + (bytes.getUint32(26, true) >>> 8) };
  if (ascii(bytes, 12, "VP8L")) {
    const bits = bytes.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (ascii(bytes, 12, "VP8 ")) return { width: bytes.getUint16(26, true) & 0x3fff, height: bytes.getUint16(28, true) & 0x3fff };
  return undefined;
}

/** Walks the markers up to the first start of frame. */
function jpegSize(bytes: DataView): ImageSize | undefined {
  if (bytes.byteLength < 4 || bytes.getUint16(0) !== 0xffd8) return undefined;
  let at = 2;
  while (at + 9 <= bytes.byteLength && bytes.getUint8(at) === 0xff) {
    const marker = bytes.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const startsFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (startsFrame) return { width: bytes.getUint16(at + 7), height: bytes.getUint16(at + 5) };
    at += 2 + bytes.getUint16(at + 2);
  }
  return undefined;
}
