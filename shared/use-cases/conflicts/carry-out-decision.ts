import { beginDecision } from '../../core/conflicts/conflict-states.ts';
import type { ConflictDocument, DecisionDocument } from '../../core/documents/conflict.ts';
import type { Stored } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { watchDecision } from './announce-conflict.ts';
import type { ConflictNeeds, Routes } from './conflict-needs.ts';
import { projectConflict } from './project-conflict.ts';
import { writeConflict } from './write-conflict.ts';

/**
 * Writes down what is decided about an open conflict and carries it out. Whoever finds a conflict with a decision that was not completed does so.
 *
 * @returns the conflict as it is then: without this decision, when what is held was no longer what it was about. `undefined` when the conflict has
 * changed since it was read.
 */
export async function carryOutDecision(
  deps: ConflictNeeds,
  scope: Scope,
  { document, etag }: Stored<ConflictDocument>,
  decision: DecisionDocument,
  routes: Routes,
): Promise<Stored<ConflictDocument> | undefined> {
  await watchDecision(deps, scope, document.id);
  const begun = await writeConflict(deps, scope, beginDecision(document, decision), etag);
  if (begun === undefined) return undefined;
  return projectConflict(deps, scope, { id: document.id }, routes);
}

export function isCarriedOut({ decision }: ConflictDocument, { number }: DecisionDocument): boolean {
  return decision?.number === number;
}
