import { type Features, namedFeature, readFeatures } from "./features";
import { normalise, type View } from "./normalise";

/** A reading of a text with its features; `everywhere` holds those that belong to each of its windows. */
export interface ReadView {
  view: View;
  features: Features;
  everywhere: number[];
}

/** What the training script reads. The gateway asks for the same views and features one by one, and keeps none (score-injection.ts). */
export function readViews(text: string): { views: ReadView[]; signs: string[] } {
  const { views, signs } = normalise(text);
  return { signs, views: views.map((view) => ({ view, features: readFeatures(view.text), everywhere: everywhereOf(view, signs) })) };
}

/** Features of each window of a view: signs of disguise, and how it was decoded. */
export function everywhereOf({ name }: View, signs: readonly string[]): number[] {
  return [...signs, ...(name === "plain" ? [] : ["decoded", name])].map(namedFeature);
}
