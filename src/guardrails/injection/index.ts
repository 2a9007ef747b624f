export { createLeakDetector, LEAK_SHINGLES_MIN, type LeakDetector, makeCanary, type PromptLeak, withCanary } from "./canary";
export { type InjectionOptions, type InjectionScore, scoreInjection, UNCERTAIN_SCORE } from "./score-injection";
export { makeSpotlightMarker, spotlight, spotlightNote } from "./spotlight";
