export type { Balance } from "./balance";
export { configuredDeployments, type Deployment, type Plan, planFor, type Routes } from "./plan";
export { takeModels } from "./take-models";
