export { type Deployment, type Plan, planFor, type Routes } from "./plan";
