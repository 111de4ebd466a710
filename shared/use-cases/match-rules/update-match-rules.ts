import type { updateMatchRules as route } from '../../contracts/match-rules.ts';
import { describeMatchRules } from '../../core/describe-identity.ts';
import type { MatchRulesDocument } from '../../core/documents/match-rules.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { changeDocument } from '../change-document.ts';
import { recordAudit } from '../record-audit.ts';
import { findMatchRules, keepVersion } from './find-match-rules.ts';

/** Makes a new version of a shard type's match rules. Throws `not-found`, `precondition-failed`. */
export async function updateMatchRules(
  deps: Pick<Deps, 'matchRules' | 'matchRuleVersions' | 'audit' | 'newId' | 'now'>,
  scope: Scope,
  { params, body, ifMatch, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const at = attempt.at.toISOString();
  const { document, etag } = await changeDocument(deps.matchRules, scope, {
    find: () => findMatchRules(deps, scope, params.shardTypeId),
    change: async (current): Promise<MatchRulesDocument> => {
      if (attempt.repeated && current.updatedAt === at) return current;
      await keepVersion(deps, scope, current);
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      return { ...current, ...given, version: current.version + 1, updatedAt: at };
    },
    ifMatch,
    repeated: attempt.repeated,
  });
  await recordAudit(deps, scope, {
    action: 'match-rules.updated',
    subject: params.shardTypeId,
    detail: `version ${document.version}`,
  });
  return { body: describeMatchRules(document), etag };
}
