export type { Balance } from "./balance";
export { classifyTask } from "./classify-task";
export { judgeComplexity } from "./judge-complexity";
export { fitting, needsOf } from "./needs";
export { configuredDeployments, type Deployment, type Plan, planFor, type Routes, unconfigured } from "./plan";
export { complexityOf, type Routed, type RouteNote, type RouteQuery, readTask, routeRequest, taskOf } from "./route";
export { takeModels } from "./take-models";
export { TASKS, type Task } from "./task-cues";
export type { TaskView } from "./task-features";
