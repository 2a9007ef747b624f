export { DeploymentObject } from "./deployment";
export { PrincipalObject } from "./principal";
export { SemanticIndexObject } from "./semantic-index";
