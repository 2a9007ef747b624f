import { type Features, namedFeature, readFeatures } from "./features";
import { normalise, type View } from "./normalise";

/** A reading of a text with its features; `everywhere` holds those that belong to each of its windows. */
export interface ReadView {
  view: View;
  features: Features;
  everywhere: number[];
}

/** Both the gateway and the training script read texts through this door, so what is learnt is what is asked. */
export function readViews(text: string): { views: ReadView[]; signs: string[] } {
  const { views, signs } = normalise(text);
  return {
    signs,
    views: views.map((view) => ({
      view,
      features: readFeatures(view.text),
      everywhere: [...signs, ...(view.name === "plain" ? [] : ["decoded", view.name])].map(namedFeature),
    })),
  };
}
