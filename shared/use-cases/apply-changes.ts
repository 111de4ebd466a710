import type { ExternalChange } from '../core/adapter.ts';
import type { Outcome } from '../core/counts.ts';
import type { Cause } from '../core/documents/cause.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import { type FrozenRules, matchersOf } from '../core/identity/frozen-rules.ts';
import { mappingCause } from '../core/mapping-cause.ts';
import type { MergeInput } from '../core/merge-source.ts';
import { isRepeat, type Observation, type PageReading, readPage, type Sighting } from '../core/observation.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { answerQuestions } from './answer-questions.ts';
import { applyByType } from './apply-page/apply-by-type.ts';
import type { Stores } from './apply-page/item.ts';
import { leaveRecords, readRecords } from './apply-page/leave-records.ts';
import type { PageTools } from './commit-page.ts';
import { reopenLinks } from './reopen-links.ts';

export interface ApplyChangesInput {
  readonly integrationId: string;
  /** How the changes are converted and merged. */
  readonly tools: PageTools;
  readonly matchRules: FrozenRules;
  /** What a change that says "deleted" does to the shard. */
  readonly deletions: TaskDocument['deletions'];
  /** Its `executionId` is that of the delivery or push, its `fence` the epoch milliseconds of when the provider showed the changes. */
  readonly sighting: Sighting;
  readonly cause: Pick<Cause, 'kind' | 'id' | 'actorId'>;
  /** Also a record that is as it was is written down as seen: a read of the whole object is under way. */
  readonly leavesTrace?: boolean;
  /** The links that earlier attempts at these changes have announced: one of them may have died between a shard and its link. */
  readonly announced: readonly string[];
  /**
   * Writes down which links are about to be touched, beside those announced before; false when someone else has taken the work over. Whoever gives
   * the changes up for good has to give these links to `abandonChanges`.
   */
  readonly announce: (linkIds: readonly string[]) => Promise<boolean>;
  /** Asked before every round of writes; false when someone else has taken the work over. */
  readonly keepHold: () => Promise<boolean>;
}

/** What became of one record. `skipped`: something newer is there. */
export interface AppliedChange {
  readonly linkId: string;
  readonly object: string;
  readonly externalId: string;
  readonly shardTypeId: string;
  /** Of a record that was deleted before it came: the shard that it would have had. */
  readonly shardId?: string;
  readonly outcome: Exclude<Outcome, 'failed'>;
}

export interface AppliedChanges {
  readonly applied: readonly AppliedChange[];
  /** Records that could not be converted, with what is wrong with their fields. */
  readonly failures: PageReading['failures'];
  /** Records that no target of the mapping is meant for, or whose deletion is ignored; and those that are suppressed. */
  readonly left: number;
  /** Records of people who were erased. */
  readonly suppressed: number;
}

/**
 * Applies changes that came outside of a run: by a webhook, or as the answer to a push. They go the way of a page of a run, and compare with those by when
 * they were seen: what is older than what was applied changes nothing. Safe to repeat after a crash at any point, with the same sighting, and
 * also with other changes: the announced links are then compared with their shards.
 *
 * @returns `undefined` when someone else has taken the work over
 */
export async function applyChanges(
  deps: Stores & Pick<Deps, 'expressions'>,
  scope: Scope,
  input: ApplyChangesInput,
  changes: readonly ExternalChange[],
): Promise<AppliedChanges | undefined> {
  const { integrationId, sighting, tools, matchRules } = input;
  const { planned, converter, routes, suppressions } = tools;
  const answer = answerQuestions(deps, scope, integrationId, suppressions);
  const { page: shown, suppressed } = suppressions.leaveOut(
    { integrationId, object: planned.object },
    { changes, rejected: [] },
  );
  const matchers = matchersOf(
    matchRules,
    converter.feeds.map(({ shardTypeId }) => shardTypeId),
  );
  const reading = await readPage(integrationId, converter, shown.changes, answer, matchers);
  const kept = reading.observations.filter(
    ({ deleted, feed: { object, derived }, externalId }) =>
      (input.deletions !== 'ignore' || !deleted) &&
      (derived !== true || !suppressions.has({ integrationId, object, externalId })),
  );
  const wanted = input.leavesTrace === true ? kept.map((each) => ({ ...each, aimed: true as const })) : kept;
  const linkIds = wanted.map(({ linkId }) => linkId);
  if (!(await input.announce(linkIds))) return undefined;
  await reopenLinks(deps, scope, input.announced);
  await rememberDeleted(deps, scope, integrationId, sighting, wanted);
  const now = deps.now().toISOString();
  const merge: MergeInput = {
    tenantId: scope.tenantId,
    integrationId,
    sighting,
    now,
    cause: { ...input.cause, ...mappingCause(planned), at: now },
    archives: input.deletions === 'archive',
    ...(routes.length === 0 ? {} : { twoWay: { routes, lookedAtMs: sighting.fence } }),
  };
  const counts = await applyByType(deps, scope, merge, matchers, wanted, false, input.keepHold);
  if (counts === undefined) return undefined;
  const here = new Set(linkIds);
  const others = await readRecords(
    deps,
    scope,
    input.announced.filter((id) => !here.has(id)),
  );
  await leaveRecords(deps, scope, matchRules, others);
  return {
    applied: await describeApplied(deps, scope, sighting, wanted),
    failures: reading.failures,
    left: suppressed + reading.unmapped + reading.observations.length - wanted.length,
    suppressed,
  };
}

/**
 * A record that is told to be deleted before it ever came gets a link without a shard: what was sent earlier and comes later is older than that look. A run
 * needs none, since it looks at the records themselves.
 */
async function rememberDeleted(
  deps: Pick<Deps, 'links' | 'newId'>,
  scope: Scope,
  integrationId: string,
  { fence, page }: Sighting,
  observations: readonly Observation[],
): Promise<void> {
  const deleted = observations.filter((each) => each.deleted);
  const links = await deps.links.getMany(
    scope,
    deleted.map(({ linkId }) => ({ id: linkId })),
  );
  const unknown = deleted.filter((_, index) => links[index] === undefined);
  // Where one was created meanwhile, that one is compared.
  await deps.links.writeMany(
    scope,
    unknown.map(({ linkId, feed, externalId, hash, version }) => ({
      kind: 'create',
      document: {
        id: linkId,
        tenantId: scope.tenantId,
        schemaVersion: 1,
        integrationId,
        object: feed.object,
        externalId,
        shardTypeId: feed.shardTypeId,
        shardId: deps.newId('shard'),
        state: 'settled',
        hash,
        ...(version === undefined ? {} : { version }),
        observed: { fence, page },
      },
    })),
  );
}

/** For changes that are given up after an interrupted attempt: nobody will repeat them and find what it left on the way. */
export async function abandonChanges(
  deps: Stores,
  scope: Scope,
  matchRules: FrozenRules,
  announced: readonly string[],
): Promise<void> {
  await reopenLinks(deps, scope, announced);
  await leaveRecords(deps, scope, matchRules, await readRecords(deps, scope, announced));
}

/** A link says what its record came to when that was the last look at it; a later one leaves only that something newer is there. */
async function describeApplied(
  deps: Pick<Deps, 'links'>,
  scope: Scope,
  sighting: Sighting,
  observations: readonly Observation[],
): Promise<AppliedChange[]> {
  const links = await deps.links.getMany(
    scope,
    observations.map(({ linkId }) => ({ id: linkId })),
  );
  return observations.map(({ linkId, feed, externalId, hash }, index) => {
    const link = links[index]?.document;
    const own = link?.last !== undefined && isRepeat(link.last, sighting) ? link.last.outcome : undefined;
    const outcome = own ?? (link?.state === 'settled' && link.hash === hash ? 'unchanged' : 'skipped');
    const { object, shardTypeId } = feed;
    return {
      linkId,
      object,
      externalId,
      shardTypeId,
      ...(link === undefined ? {} : { shardId: link.shardId }),
      outcome,
    };
  });
}
