import type { dryRunConversionSchema as route } from '../contracts/conversion-schemas.ts';
import { type Adapter, type AdapterCall, AdapterFailure, type ExternalChange } from '../core/adapter.ts';
import { AppError } from '../core/app-error.ts';
import { compareFields } from '../core/compare-fields.ts';
import type { Converted } from '../core/conversion/compile-schema.ts';
import type { LinkDocument } from '../core/documents/link.ts';
import type { ShardDocument } from '../core/documents/shard.ts';
import type { Matcher } from '../core/identity/compile-match-rules.ts';
import { matchersOf } from '../core/identity/frozen-rules.ts';
import type { MergeInput } from '../core/merge-source.ts';
import { linkIdOf, type Observation } from '../core/observation.ts';
import { planShard } from '../core/plan-shard.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { answerQuestions } from './answer-questions.ts';
import { findConversionSchema } from './find-conversion-schema.ts';
import { findIntegration } from './find-integration.ts';
import { findTriedTargets, type Tried, targetOf } from './find-tried-targets.ts';
import { freezeMatchRules } from './freeze-match-rules.ts';
import { loadPushRoutes } from './load-push-routes.ts';
import { followForwarding } from './merge-shards/follow-forwarding.ts';
import { openIntegration } from './open-integration.ts';

type Needs = Pick<
  Deps,
  | 'integrations'
  | 'tasks'
  | 'conversionSchemas'
  | 'conversionContents'
  | 'shardTypes'
  | 'shardTypeContents'
  | 'expressions'
  | 'links'
  | 'shards'
  | 'matchRules'
  | 'adapters'
  | 'openCall'
  | 'secrets'
  | 'audit'
  | 'newId'
  | 'now'
>;

type Shard = OutputOf<typeof route>['body']['shards'][number];

/**
 * Reads the provider's newest records, converts them and compares what a run would make of the shards with what they are. Nothing is written, but
 * that the credential was used.
 *
 * @throws AppError `not-found`, `invalid-request`, `not-connected`, `provider-failed`
 */
export async function dryRunConversionSchema(
  deps: Needs,
  scope: Scope,
  { params, body }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: integration } = await findIntegration(deps, scope, params.integrationId);
  const { document } = await findConversionSchema(deps, scope, params);
  const tried = await findTriedTargets(deps, scope, document, body);
  const source = await openIntegration(deps, scope, integration);
  const changes = await readNewest(source, document.object, body.limit, deps.now());
  const answer = answerQuestions(deps, scope, integration.id);
  const converted = (await tried.converter.convert(changes, answer)).flatMap((shards, index) =>
    shards.map((shard) => ({ shard, change: changes[index] })),
  );
  const linkIds = converted.map(({ shard }) =>
    linkIdOf(integration.id, shard.feed.object, shard.externalId, shard.feed.shardTypeId),
  );
  const links = await deps.links.getMany(
    scope,
    linkIds.map((id) => ({ id })),
  );
  const shardIds = links.map((link) => link?.document.shardId);
  const [survivors, matchers, routes] = await Promise.all([
    followForwarding(
      deps,
      scope,
      shardIds.flatMap((id) => id ?? []),
    ),
    findMatchers(deps, scope, tried),
    loadPushRoutes(deps, scope),
  ]);
  const now = deps.now().toISOString();
  const shards = converted.map(({ shard, change }, index) =>
    compare(tried, shard, change, {
      input: {
        tenantId: scope.tenantId,
        integrationId: integration.id,
        sighting: { executionId: 'dry-run', page: 0, fence: Number.MAX_SAFE_INTEGER },
        now,
        cause: { kind: 'run', id: 'dry-run', actorId: scope.actor.id, at: now },
        matcher: matchers.get(shard.feed.shardTypeId),
        twoWay: { routes, lookedAtMs: deps.now().getTime() },
      },
      linkId: linkIds[index] ?? '',
      link: links[index]?.document,
      before: survivors.get(shardIds[index] ?? '')?.stored?.document,
    }),
  );
  return { body: { records: changes.length, shards } };
}

/** By the match rules in force a run would choose between the values of several records of one shard. */
async function findMatchers(deps: Needs, scope: Scope, { converter }: Tried): Promise<ReadonlyMap<string, Matcher>> {
  const shardTypeIds = converter.feeds.map(({ shardTypeId }) => shardTypeId);
  return matchersOf(await freezeMatchRules(deps, scope, shardTypeIds), shardTypeIds);
}

const dayMs = 86_400_000;

/** How far back the newest records are looked for, before any record will do. */
const windowsMs = [dayMs, 30 * dayMs, undefined] as const;

/** The records of one page that changed last, newest first; providers can't all be asked for the newest alone. */
async function readNewest(
  { adapter, call }: { adapter: Adapter; call: AdapterCall },
  object: string,
  limit: number,
  now: Date,
): Promise<ExternalChange[]> {
  const description = adapter.objects(call.settings).find((each) => each.name === object);
  if (adapter.pull === undefined || description === undefined) {
    throw new AppError('provider-failed', { detail: `The integration no longer offers "${object}".` });
  }
  try {
    for (const windowMs of description.incremental ? windowsMs : [undefined]) {
      const since = windowMs === undefined ? undefined : new Date(now.getTime() - windowMs).toISOString();
      const { changes } = await adapter.pull(call, { object, since, pageSize: Math.min(100, description.maxPageSize) });
      const live = changes.filter((change) => !change.deleted);
      if (live.length < limit && since !== undefined) continue;
      return live.toSorted((a, b) => compareText(b.modifiedAt ?? '', a.modifiedAt ?? '')).slice(0, limit);
    }
    return [];
  } catch (error) {
    if (error instanceof AdapterFailure) throw new AppError('provider-failed', { detail: error.message });
    throw error;
  }
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

interface Place {
  readonly input: MergeInput;
  readonly linkId: string;
  readonly link: LinkDocument | undefined;
  readonly before: ShardDocument | undefined;
}

/** As the engine would, seen later than everything that was seen before. */
function compare(tried: Tried, shard: Converted, change: ExternalChange | undefined, place: Place): Shard {
  const target = targetOf(tried, shard.feed);
  const { input, before, link, linkId } = place;
  const common = {
    shardTypeId: target.shardTypeId,
    name: target.name,
    externalId: shard.externalId,
    shardId: before?.id,
    fields: [],
    errors: [],
  };
  if (!shard.ok) return { ...common, outcome: 'failed', errors: [...shard.errors] };
  const observation: Observation = {
    ...shard,
    linkId,
    hash: '',
    version: change?.version,
    modifiedAt: change?.modifiedAt,
  };
  const plan = planShard(input, link ?? { ...linkOf(observation, place), shardId: 'none' }, observation, before);
  if (plan.kind !== 'write') return { ...common, outcome: 'unchanged' };
  const fields = compareFields(before?.data ?? {}, plan.document.data, shard.feed.paths);
  if (before === undefined) return { ...common, outcome: 'created', fields };
  return { ...common, outcome: fields.length === 0 ? 'unchanged' : 'updated', fields };
}

function linkOf({ feed, externalId }: Observation, { input, linkId }: Place): Omit<LinkDocument, 'shardId'> {
  return {
    id: linkId,
    tenantId: input.tenantId,
    schemaVersion: 1,
    integrationId: input.integrationId,
    object: feed.object,
    externalId,
    shardTypeId: feed.shardTypeId,
    state: 'pending',
    observed: { fence: 0, page: 0 },
  };
}
