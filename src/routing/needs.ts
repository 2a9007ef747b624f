import type { Feature } from "../config";
import type { Capabilities, InferenceRequest, Part } from "../inference";

/** What a request needs of a model besides words. */
export function needsOf({ turns, tools }: InferenceRequest): ReadonlySet<Feature> {
  const needs = new Set<Feature>();
  const look = (part: Part): void => {
    if (part.type === "image") needs.add("vision");
    if (part.type === "document") needs.add("documents");
    if (part.type === "audio") needs.add("audio");
    if (part.type === "tool-result") part.content.forEach(look);
  };
  for (const { parts } of turns) parts.forEach(look);
  if (tools && tools.length > 0) needs.add("tools");
  return needs;
}

const CAPABILITY = { vision: "images", documents: "documents", audio: "audio", tools: "tools" } as const satisfies Record<
  Feature,
  keyof Capabilities
>;

/** The first need that a model does not meet. */
function lacking(capabilities: Capabilities, needs: ReadonlySet<Feature>): Feature | undefined {
  for (const need of needs) if (!capabilities[CAPABILITY[need]]) return need;
  return undefined;
}

/** Capabilities that an operator named, in the terms of the tables. */
export function withFeatures(capabilities: Capabilities, features: readonly Feature[] | undefined): Capabilities {
  if (!features) return capabilities;
  const named = Object.entries(CAPABILITY).map(([feature, capability]) => [capability, features.some((one) => one === feature)]);
  return { ...capabilities, ...Object.fromEntries(named) };
}

/** Without the deployments that lack what the request needs, as long as others have it; and what became of those. */
export function fitting<Deployed extends { id: string; capabilities: Capabilities }>(
  chain: readonly [Deployed, ...Deployed[]],
  needs: ReadonlySet<Feature>,
): { chain: [Deployed, ...Deployed[]]; skipped: { deployment: string; reason: string }[] } {
  const looked = chain.map((deployment) => ({ deployment, lack: lacking(deployment.capabilities, needs) }));
  const [first, ...rest] = looked.filter(({ lack }) => lack === undefined).map(({ deployment }) => deployment);
  if (!first) return { chain: [...chain], skipped: [] };
  const skipped = looked.flatMap(({ deployment, lack }) =>
    lack === undefined ? [] : [{ deployment: deployment.id, reason: `no-${lack}` }],
  );
  return { chain: [first, ...rest], skipped };
}
