/** Rules of the tree (spec org 3.2). The database enforces the same ones; here they are said before anything is written. */

export interface TreeUnit {
  node_id: string;
  /** The root stands at 0. */
  depth: number;
}

type MoveProblem = 'into itself' | 'too deep';

export interface Move {
  /** The unit and everything below it. */
  subtree: readonly TreeUnit[];
  unit: TreeUnit;
  destination: TreeUnit;
  /** How deep units may stand. */
  unitDepth: number;
}

/** The deepest descendant decides whether there is room. */
export function checkMove({ subtree, unit, destination, unitDepth }: Move): MoveProblem | undefined {
  if (subtree.some((member) => member.node_id === destination.node_id)) return 'into itself';
  const deepest = Math.max(...subtree.map((member) => member.depth));
  return deepest - unit.depth + destination.depth + 1 > unitDepth ? 'too deep' : undefined;
}
