export { type BlockList, compileBlockList } from "./block-list";
export { checkOutput, OUTPUT_CHARS_MAX, type SchemaProblem, schemaProblem } from "./output-schema";
export { compilePattern, PATTERN_MATCH_CHARS_MAX, type Pattern, patternProblem } from "./pattern";
export { type SizeLimits, sizeProblem } from "./size-limit";
export { compileTopic, type Topic, type TopicRule } from "./topic";
