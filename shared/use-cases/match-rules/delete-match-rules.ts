import type { deleteMatchRules as route } from '../../contracts/match-rules.ts';
import { AppError } from '../../core/app-error.ts';
import { isMatch } from '../../core/etag.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { recordAudit } from '../record-audit.ts';
import { findMatchRules, keepVersion } from './find-match-rules.ts';

/** Losing this many races in a row means that something writes without end. */
const maximumTries = 20;

/** Takes a shard type's match rules out of force; the versions are kept. Throws `not-found`, `precondition-failed`. */
export async function deleteMatchRules(
  deps: Pick<Deps, 'matchRules' | 'matchRuleVersions' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  input: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { shardTypeId } = input.params;
  try {
    await removeRules(deps, scope, input);
  } catch (error) {
    if (!(input.attempt.repeated && error instanceof AppError && error.code === 'not-found')) throw error;
  }
  await recordAudit(deps, scope, { action: 'match-rules.deleted', subject: shardTypeId });
  return { body: undefined };
}

async function removeRules(
  deps: Pick<Deps, 'matchRules' | 'matchRuleVersions'>,
  scope: Scope,
  { params, ifMatch }: InputOf<typeof route>,
): Promise<void> {
  for (let attempt = 0; attempt < maximumTries; attempt += 1) {
    const { document, etag } = await findMatchRules(deps, scope, params.shardTypeId);
    if (!isMatch(ifMatch, etag)) throw new AppError('precondition-failed');
    await keepVersion(deps, scope, document);
    if ((await deps.matchRules.remove(scope, { id: document.id }, etag)) === 'removed') return;
  }
  throw new AppError('unavailable', { detail: 'It is being changed too often at the moment.' });
}
