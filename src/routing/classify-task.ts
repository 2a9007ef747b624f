import { unpackSteps } from "./packed-weights";
import { TASKS, type Task } from "./task-cues";
import { TASK_FEATURE_COUNT, TASK_TERM_BITS, type TaskFeatures, type TaskView, taskFeatures } from "./task-features";
import { TASK_WEIGHTS } from "./task-weights";

/** What scripts/train-tasks.ts writes. */
export interface PackedTasks {
  /** For each dense feature and then a constant, one weight for each task. */
  dense: readonly number[];
  /** For each hash bucket one weight for each task, in steps of `termStep`. */
  terms: string;
  termStep: number;
}

export interface TaskModel {
  dense: readonly number[];
  terms: Int8Array;
  termStep: number;
}

/**
 * What a request asks for, by its form and by its words (English and Korean), without asking a model. `confidence` is from 1 / 7 to 1.
 * Its cost is bounded: only the beginning and the end of texts are read.
 */
export function classifyTask(view: TaskView): { task: Task; confidence: number } {
  shipped ??= unpackTasks(TASK_WEIGHTS);
  return taskBy(shipped, view);
}

/** Unpacked at the first use. */
let shipped: TaskModel | undefined;

export function unpackTasks({ dense, terms, termStep }: PackedTasks): TaskModel {
  return { dense, terms: unpackSteps(terms), termStep };
}

/** As `classifyTask`, by a given model. */
export function taskBy(model: TaskModel, view: TaskView): { task: Task; confidence: number } {
  const scores = taskScores(model, taskFeatures(view));
  let best = 0;
  for (let at = 1; at < scores.length; at++) if ((scores[at] ?? 0) > (scores[best] ?? 0)) best = at;
  const total = scores.reduce((sum, score) => sum + Math.exp(SHARPNESS * (score - (scores[best] ?? 0))), 0);
  return { task: TASKS[best] ?? "conversation", confidence: 1 / total };
}

/** Makes the mean confidence the share of right answers on held-out folds. */
const SHARPNESS = 8;

function taskScores({ dense, terms, termStep }: TaskModel, features: TaskFeatures): Float64Array {
  const scores = new Float64Array(TASKS.length);
  const add = (weights: ArrayLike<number>, row: number, factor: number) => {
    const start = row * scores.length;
    for (let task = 0; task < scores.length; task++) scores[task] = (scores[task] ?? 0) + factor * (weights[start + task] ?? 0);
  };
  for (const [at, value] of features.dense.entries()) if (value !== 0) add(dense, at, value);
  add(dense, TASK_FEATURE_COUNT, 1);
  for (const { indexes, value } of features.terms) for (const index of indexes) add(terms, index, value * termStep);
  return scores;
}

/** Rows of `terms`. */
export const TASK_TERM_COUNT = 1 << TASK_TERM_BITS;
