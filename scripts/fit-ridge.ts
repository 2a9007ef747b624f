/** A row of a sparse matrix. */
export interface SparseRow {
  indexes: Int32Array;
  values: Float64Array;
}

const ITERATIONS_MAX = 200;
const TOLERANCE = 1e-7;

/**
 * The weights that minimize `Σ weight × (row · w - target)² + Σ penalty × w²`, by conjugate gradients on the normal equations. Rows must
 * carry a constant column for an intercept, whose penalty may be 0.
 */
export function fitRidge(
  rows: readonly SparseRow[],
  targets: ArrayLike<number>,
  columns: number,
  penalty: (column: number) => number,
  weightOf: (row: number) => number = () => 1,
): Float64Array {
  const penalties = Float64Array.from({ length: columns }, (_, column) => penalty(column) + 1e-9);
  const apply = (vector: Float64Array): Float64Array => {
    const result = vector.map((value, column) => value * (penalties[column] ?? 0));
    for (const [at, row] of rows.entries()) scatter(row, weightOf(at) * dot(row, vector), result);
    return result;
  };
  const solution = new Float64Array(columns);
  const residual = new Float64Array(columns);
  for (const [at, row] of rows.entries()) scatter(row, weightOf(at) * (targets[at] ?? 0), residual);
  const direction = residual.slice();
  let size = product(residual, residual);
  const enough = size * TOLERANCE;
  for (let round = 0; round < ITERATIONS_MAX && size > enough; round++) {
    const applied = apply(direction);
    const step = size / product(direction, applied);
    for (let at = 0; at < columns; at++) {
      solution[at] = (solution[at] ?? 0) + step * (direction[at] ?? 0);
      residual[at] = (residual[at] ?? 0) - step * (applied[at] ?? 0);
    }
    const next = product(residual, residual);
    for (let at = 0; at < columns; at++) direction[at] = (residual[at] ?? 0) + (next / size) * (direction[at] ?? 0);
    size = next;
  }
  return solution;
}

export function dot({ indexes, values }: SparseRow, vector: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < indexes.length; at++) sum += (values[at] ?? 0) * (vector[indexes[at] ?? 0] ?? 0);
  return sum;
}

function scatter({ indexes, values }: SparseRow, factor: number, into: Float64Array): void {
  for (let at = 0; at < indexes.length; at++) {
    const index = indexes[at] ?? 0;
    into[index] = (into[index] ?? 0) + factor * (values[at] ?? 0);
  }
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
