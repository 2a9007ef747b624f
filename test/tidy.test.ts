import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

// The rules of the house, read off the source itself.

const ROOT = path.resolve(import.meta.dirname, "..");

/** Rooms from the bottom up. A room may import values from rooms of lower floors, and types from its own floor too. */
const FLOORS = [
  ["core", "config"],
  ["inference"],
  ["protocols", "providers"],
  ["auth", "limits", "routing", "metering", "cache", "shaping", "guardrails", "dispatch"],
  ["watched"],
  ["call", "incoming", "admission", "kept-reply", "caching", "shaped", "cascade", "explain", "guarded", "responding", "settling"],
  ["asking"],
  ["candidate"],
  ["pipeline"],
  ["embeddings"],
  ["endpoints", "admin"],
  ["app"],
  ["cloudflare"],
  ["worker"],
];
/** Rooms whose files are each a door of its own. */
const OPEN_ROOMS = new Set(["core", "endpoints", "cloudflare"]);

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const sources = walk(path.join(ROOT, "src")).filter((file) => file.endsWith(".ts"));
const shipped = sources.filter((file) => !file.endsWith(".test.ts"));
const imports = shipped.flatMap(importsOf);

describe("layers", () => {
  it("puts every file of src into a known room", () => {
    expect(shipped.map(roomOf).filter((room) => floorOf(room) < 0)).toEqual([]);
  });

  it("imports downward only; siblings share types, never values", () => {
    const upward = imports.filter(({ from, to, typeOnly }) => {
      const [upper, lower] = [floorOf(roomOf(from)), floorOf(roomOf(to))];
      return roomOf(from) !== roomOf(to) && (lower > upper || (lower === upper && !typeOnly));
    });
    expect(upward.map(show)).toEqual([]);
  });

  it("enters a room through its index", () => {
    const around = imports.filter(({ from, to }) => {
      const room = roomOf(to);
      const isDoor = to === path.join(ROOT, "src", room, "index.ts") || to === path.join(ROOT, "src", `${room}.ts`);
      return roomOf(from) !== room && !OPEN_ROOMS.has(room) && !isDoor;
    });
    expect(around.map(show)).toEqual([]);
  });

  it("has no import cycle", () => {
    expect(findCycle()).toBeUndefined();
  });

  it("names Cloudflare's binding types under src/cloudflare and in src/worker.ts only", () => {
    const binding = /\b(D1Database|KVNamespace|R2Bucket|Queue<|DurableObject|VectorizeIndex|ExecutionContext|MessageBatch|Fetcher)\b/;
    const outside = shipped.filter((file) => !["cloudflare", "worker"].includes(roomOf(file)));
    expect(outside.filter((file) => binding.test(codeOf(file))).map(relative)).toEqual([]);
  });

  it("names vendors in providers, protocols and configuration only", () => {
    const vendor = /anthropic|openai|claude|\bgpt|mistral|deepseek|\bgroq/i;
    const outside = shipped.filter((file) => !["providers", "protocols", "config"].includes(roomOf(file)));
    // Names of protocols, and packed numbers, in which any word may come up.
    const noNames = /"(openai-chat|anthropic-messages)"|["`][A-Za-z0-9+/=]{200,}["`]/g;
    expect(outside.filter((file) => vendor.test(codeOf(file).replace(noNames, ""))).map(relative)).toEqual([]);
  });
});

describe("tidiness", () => {
  it("has no `any`, no non-null assertion, no unexplained suppression", () => {
    const loose = /\bas any\b|: any\b|<any>|@ts-ignore|@ts-nocheck|[\w)\]]!\.|biome-ignore (?!.*: \S)/;
    expect(shipped.filter((file) => loose.test(codeOf(file))).map(relative)).toEqual([]);
  });

  it("keeps files small enough to hold in the head", () => {
    const long = shipped.filter((file) => fs.readFileSync(file, "utf8").split("\n").length > 400);
    expect(long.map(relative)).toEqual([]);
  });

  it("has no unfinished business", () => {
    const unfinished = /\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b|not implemented/i;
    expect(sources.filter((file) => unfinished.test(fs.readFileSync(file, "utf8"))).map(relative)).toEqual([]);
  });
});

function walk(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? walk(file) : [file];
  });
}

function importsOf(file: string): Import[] {
  const statements = fs.readFileSync(file, "utf8").matchAll(/^(?:import|export)\s+(type\s)?([^;]*?)\s*from\s+"(\.[^"]+)";/gms);
  return [...statements].flatMap(([, type, names = "", specifier = ""]) => {
    const to = resolve(path.resolve(path.dirname(file), specifier));
    const listed = names
      .match(/^\{(.*)\}$/s)?.[1]
      ?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    const typeOnly = type !== undefined || (listed?.every((name) => name.startsWith("type ")) ?? false);
    return to.startsWith(path.join(ROOT, "src")) ? [{ from: file, to, typeOnly }] : [];
  });
}

function resolve(target: string): string {
  const found = [`${target}.ts`, path.join(target, "index.ts"), target].find((file) => fs.existsSync(file) && fs.statSync(file).isFile());
  if (!found) throw new Error(`cannot resolve ${target}`);
  return found;
}

function roomOf(file: string): string {
  const [first = ""] = path.relative(path.join(ROOT, "src"), file).split(path.sep);
  return first.replace(/(\.d)?\.ts$/, "");
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** Without comments. */
function codeOf(file: string): string {
  return fs.readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/[^\n]*/g, "$1");
}

function findCycle(): string | undefined {
  const values = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) if (!typeOnly) values.set(from, [...(values.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, trail: string[]): string | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].map(relative).join(" → ");
    if (done.has(file)) return undefined;
    for (const next of values.get(file) ?? []) {
      const cycle = visit(next, [...trail, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of values.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

function relative(file: string): string {
  return path.relative(ROOT, file);
}

function show({ from, to }: Import): string {
  return `${relative(from)} → ${relative(to)}`;
}
