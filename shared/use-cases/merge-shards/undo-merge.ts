import type { undoMerge as route } from '../../contracts/merges.ts';
import { AppError } from '../../core/app-error.ts';
import { describeMerge } from '../../core/describe-identity.ts';
import type { MergeDocument } from '../../core/documents/merge.ts';
import type { MergeCandidateDocument } from '../../core/documents/merge-candidate.ts';
import type { ShardDocument } from '../../core/documents/shard.ts';
import { dueKey } from '../../core/due.ts';
import { compileMatchRules, type Matcher } from '../../core/identity/compile-match-rules.ts';
import { ruleSetOf } from '../../core/identity/frozen-rules.ts';
import { candidateIdOf, orderPair, valuesOf } from '../../core/identity/merge-identity.ts';
import { assignLinks } from '../../core/identity/split-shard.ts';
import type { Deps } from '../../core/ports.ts';
import type { InputOf, OutputOf } from '../../core/route-input.ts';
import type { Scope } from '../../core/scope.ts';
import { freezeMatchRules } from '../freeze-match-rules.ts';
import { recordAudit } from '../record-audit.ts';
import type { MergeNeeds } from './complete-merge.ts';
import { readImages } from './complete-undo.ts';
import { findMerge } from './find-merge.ts';
import { resumeMerge } from './resume-merge.ts';

type Needs = MergeNeeds & Pick<Deps, 'mergeCandidates' | 'matchRules' | 'audit' | 'newId'>;

/** An undo that whoever began it left alone is gone on with after this long. */
const lookAfterMs = 60_000;

/**
 * Makes two shards of one again. Says first who gets which record, remembers that the two are not one, then does it; anyone can go on with it.
 *
 * @throws AppError `not-found`; `cannot-undo` when the survivor has been merged itself, or the merge is not done
 */
export async function undoMerge(
  deps: Needs,
  scope: Scope,
  { params, body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { preview = false, assign = {} } = body ?? {};
  for (;;) {
    const stored = await findMerge(deps, scope, params.mergeId);
    const merge = stored.document;
    if (merge.undo !== undefined && attempt.repeated) return finish(deps, scope, merge.id);
    const planned = await planUndo(deps, scope, merge, assign, attempt.at);
    if (preview) return { body: describeMerge({ ...planned.merge, state: merge.state }) };
    await rememberRejection(deps, scope, planned, attempt.at);
    await deps.due.put({
      ...dueKey('merge', scope.tenantId, merge.id),
      schemaVersion: 1,
      kind: 'merge',
      tenantId: scope.tenantId,
      mergeId: merge.id,
      dueAt: new Date(deps.now().getTime() + lookAfterMs).toISOString(),
    });
    const result = await deps.merges.write(scope, { kind: 'replace', document: planned.merge, etag: stored.etag });
    if (result.ok) return finish(deps, scope, merge.id);
  }
}

async function finish(deps: Needs, scope: Scope, mergeId: string): Promise<OutputOf<typeof route>> {
  await resumeMerge(deps, scope, mergeId);
  const { document } = await findMerge(deps, scope, mergeId);
  await recordAudit(deps, scope, { action: 'merge.undone', subject: mergeId });
  return { body: describeMerge(document) };
}

interface PlannedUndo {
  readonly merge: MergeDocument;
  readonly matcher: Matcher | undefined;
  /** Both shards with the records that they will have. */
  readonly sides: readonly [ShardDocument, ShardDocument];
}

async function planUndo(
  deps: Needs,
  scope: Scope,
  merge: MergeDocument,
  asked: Readonly<Record<string, 'survivor' | 'restored'>>,
  at: Date,
): Promise<PlannedUndo> {
  if (merge.state !== 'done' || merge.absorbed === undefined) {
    throw new AppError('cannot-undo', { detail: `The merge is ${merge.state}.` });
  }
  const survivor = (await deps.shards.get(scope, { id: merge.absorbed.by }))?.document;
  if (survivor === undefined || survivor.status === 'merged') {
    throw new AppError('cannot-undo', {
      detail: 'The shard has been merged into another since: undo that merge first.',
    });
  }
  const images = await readImages(deps, scope, merge);
  const frozen = await freezeMatchRules(deps, scope, [merge.shardTypeId]);
  const rules = ruleSetOf(frozen, merge.shardTypeId) ?? merge.rules;
  const matcher = rules === undefined ? undefined : compileMatchRules(merge.shardTypeId, rules);
  const assignments = assignLinks({ ...images, now: survivor }, matcher, asked);
  const unknown = Object.keys(asked).find((linkId) => survivor.sources[linkId] === undefined);
  if (unknown !== undefined) {
    const message = 'is not a record of the shard';
    throw new AppError('invalid-request', { errors: [{ in: 'body', field: `/assign/${unknown}`, message }] });
  }
  const sourcesOf = (to: 'survivor' | 'restored') =>
    Object.fromEntries(
      assignments.flatMap((each) => {
        const source = survivor.sources[each.linkId];
        return each.to === to && source !== undefined ? [[each.linkId, source] as const] : [];
      }),
    );
  const undo = { actorId: scope.actor.id, at: at.toISOString(), assignments };
  return {
    merge: { ...merge, state: 'undoing', ...(rules === undefined ? {} : { rules }), undo },
    matcher,
    sides: [
      { ...survivor, sources: sourcesOf('survivor') },
      { ...images.loser, sources: sourcesOf('restored') },
    ],
  };
}

/** Before anything else: or a sync that sees the two again makes them one again. */
async function rememberRejection(
  deps: Needs,
  scope: Scope,
  { merge, matcher, sides: [survivor, loser] }: PlannedUndo,
  at: Date,
): Promise<void> {
  const [older, newer] = orderPair(survivor.id, loser.id);
  const id = candidateIdOf(older, newer);
  for (;;) {
    const present = await deps.mergeCandidates.get(scope, { id });
    const document: MergeCandidateDocument = {
      id,
      tenantId: scope.tenantId,
      kind: 'merge-candidate',
      schemaVersion: 1,
      shardTypeId: merge.shardTypeId,
      state: 'rejected',
      shardIds: [older, newer],
      rule: merge.rule ?? 'undo',
      score: present?.document.score ?? 1,
      rules: matcher?.rulesPrint ?? '',
      values: matcher === undefined ? '' : valuesOf(matcher, survivor, loser),
      mergeId: merge.id,
      decidedBy: scope.actor.id,
      decidedAt: at.toISOString(),
      createdAt: present?.document.createdAt ?? at.toISOString(),
      updatedAt: at.toISOString(),
    };
    const result = await deps.mergeCandidates.write(
      scope,
      present === undefined ? { kind: 'create', document } : { kind: 'replace', document, etag: present.etag },
    );
    if (result.ok) return;
  }
}
