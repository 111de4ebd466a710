import type { createMatchRules as route } from '../../contracts/match-rules.ts';
import { AppError } from '../../core/app-error.ts';
import { describeMatchRules } from '../../core/describe-identity.ts';
import { type MatchRulesDocument, matchRulesId } from '../../core/documents/match-rules.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { findShardType } from '../find-shard-type.ts';
import { recordAudit } from '../record-audit.ts';
import { lastVersion } from './find-match-rules.ts';

/** Gives a shard type match rules; their version follows that of rules it had before. Throws `invalid-request`, `already-exists`. */
export async function createMatchRules(
  deps: Pick<Deps, 'shardTypes' | 'matchRules' | 'matchRuleVersions' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { shardTypeId, rules, defaultCountry, strategy, fieldStrategies } = body;
  if ((await findShardType(deps, scope, shardTypeId)) === undefined) {
    const message = 'is not a shard type';
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: '/shardTypeId', message }] });
  }
  const at = attempt.at.toISOString();
  const document: MatchRulesDocument = {
    id: matchRulesId(shardTypeId),
    tenantId: scope.tenantId,
    kind: 'match-rules',
    schemaVersion: 1,
    shardTypeId,
    version: 1 + (await lastVersion(deps, scope, shardTypeId)),
    rules,
    ...(defaultCountry === undefined ? {} : { defaultCountry }),
    strategy,
    fieldStrategies,
    createdAt: at,
    updatedAt: at,
  };
  const result = await deps.matchRules.write(scope, { kind: 'create', document });
  const stored = result.ok ? { document, etag: result.etag } : await deps.matchRules.get(scope, { id: document.id });
  const isOurs = result.ok || (attempt.repeated && stored?.document.createdAt === at);
  if (stored === undefined || !isOurs) {
    throw new AppError('already-exists', { detail: 'The shard type has match rules: change them.' });
  }
  await recordAudit(deps, scope, { action: 'match-rules.created', subject: shardTypeId });
  return { body: describeMatchRules(stored.document), etag: stored.etag };
}
