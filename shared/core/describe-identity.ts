import type { z } from 'zod';
import type { matchRules } from '../contracts/match-rules.ts';
import type { merge, mergeCandidate } from '../contracts/merges.ts';
import type { MatchRulesDocument } from './documents/match-rules.ts';
import type { MergeDocument } from './documents/merge.ts';
import type { MergeCandidateDocument } from './documents/merge-candidate.ts';

export function describeMatchRules(document: MatchRulesDocument): z.input<typeof matchRules> {
  const { shardTypeId, version, rules, defaultCountry, strategy, fieldStrategies, createdAt, updatedAt } = document;
  const country = defaultCountry === undefined ? {} : { defaultCountry };
  return { shardTypeId, version, rules, ...country, strategy, fieldStrategies, createdAt, updatedAt };
}

export function describeMerge(document: MergeDocument): z.input<typeof merge> {
  const { id, shardTypeId, state, survivorId, loserId, absorbed, trigger, rule, actorId, createdAt, finishedAt, undo } =
    document;
  return {
    id,
    shardTypeId,
    state,
    survivorId: absorbed?.by ?? survivorId,
    mergedId: loserId,
    trigger,
    ...(rule === undefined ? {} : { rule }),
    actor: actorId,
    createdAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(undo === undefined
      ? {}
      : {
          undo: {
            actor: undo.actorId,
            at: undo.at,
            assignments: undo.assignments.map(({ linkId, ...each }) => ({ link: linkId, ...each })),
          },
        }),
  };
}

export function describeMergeCandidate(document: MergeCandidateDocument): z.input<typeof mergeCandidate> {
  const {
    tenantId: _tenant,
    kind: _kind,
    schemaVersion: _version,
    rules: _rules,
    values: _values,
    ...shown
  } = document;
  return shown;
}
