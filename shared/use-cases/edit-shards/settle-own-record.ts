import { apiOrigin } from '../../contracts/identifiers.ts';
import type { ShardDocument, ShardSource } from '../../core/documents/shard.ts';
import { dueKey } from '../../core/due.ts';
import { matcherOf } from '../../core/identity/frozen-rules.ts';
import type { JsonObject } from '../../core/json.ts';
import type { MergeInput } from '../../core/merge-source.ts';
import { type Observation, observedAs } from '../../core/observation.ts';
import { findOwnLink, type OwnRecord, observeOwn } from '../../core/own-record.ts';
import type { Deps } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { applyPage } from '../apply-page/apply-page.ts';
import type { Stores } from '../apply-page/item.ts';
import { leaveRecords, readRecords } from '../apply-page/leave-records.ts';
import { freezeMatchRules } from '../freeze-match-rules.ts';
import { loadPushRoutes, type RouteNeeds } from '../load-push-routes.ts';

export type EditNeeds = Stores & RouteNeeds & Pick<Deps, 'matchRules'>;

/** A record whose maker left it alone is gone on with after this long. */
const lookAfterMs = 60_000;

/** Lets the clock go on with a record, whatever happens here. */
async function watchOwnRecord(deps: Pick<Deps, 'due' | 'now'>, scope: Scope, linkId: string): Promise<void> {
  await deps.due.put({
    ...dueKey('own-record', scope.tenantId, linkId),
    schemaVersion: 1,
    kind: 'own-record',
    tenantId: scope.tenantId,
    linkId,
    dueAt: new Date(deps.now().getTime() + lookAfterMs).toISOString(),
  });
}

/** The keys of a record that was made here follow what a request makes of it, also when the request dies after its write. */
export async function watchEdited(
  deps: Pick<Deps, 'due' | 'now'>,
  scope: Scope,
  shard: ShardDocument,
  requestId: string,
): Promise<void> {
  const linkId = findOwnLink(shard, requestId);
  if (linkId !== undefined) await watchOwnRecord(deps, scope, linkId);
}

/** @returns whether there was such a record: then the shard may have been merged since */
export async function settleEdited(
  deps: EditNeeds,
  scope: Scope,
  shard: ShardDocument,
  requestId: string,
): Promise<boolean> {
  const linkId = findOwnLink(shard, requestId);
  if (linkId !== undefined) await settleOwnRecord(deps, scope, linkId);
  return linkId !== undefined;
}

/** Takes a record that is made here in as one that a provider shows: it finds or makes its shard, and claims its keys. */
export async function takeOwnRecord(
  deps: EditNeeds,
  scope: Scope,
  record: OwnRecord,
  { requestId, at }: { readonly requestId: string; readonly at: Date },
): Promise<void> {
  const rules = await freezeMatchRules(deps, scope, [record.shardTypeId]);
  const matcher = matcherOf(rules, record.shardTypeId);
  const now = at.toISOString();
  const observation = observeOwn(record, now, matcher?.fingerprint ?? '');
  await watchOwnRecord(deps, scope, observation.linkId);
  await apply(deps, scope, observation, {
    tenantId: scope.tenantId,
    integrationId: apiOrigin,
    sighting: { executionId: requestId, page: 0, fence: at.getTime() },
    now,
    cause: { kind: 'person', id: requestId, actorId: scope.actor.id, at: now },
    matcher,
  });
}

/**
 * Makes keys and link of a record that was made here what its shard says of it, and merges what matches. Safe to repeat; what a try that died before there was a shard
 * had claimed is taken back.
 */
export async function settleOwnRecord(deps: EditNeeds, scope: Scope, linkId: string): Promise<void> {
  const [record] = await readRecords(deps, scope, [linkId]);
  if (record !== undefined) {
    const { shardTypeId } = record.link.document;
    const rules = await freezeMatchRules(deps, scope, [shardTypeId]);
    if (record.source === undefined) await leaveRecords(deps, scope, rules, [record]);
    else {
      const matcher = matcherOf(rules, shardTypeId);
      const observation = { ...observeSource(shardTypeId, record.source, matcher?.fingerprint ?? ''), linkId };
      const { last, observed, modifiedAt } = record.source;
      const now = deps.now().toISOString();
      await apply(deps, scope, observation, {
        tenantId: scope.tenantId,
        integrationId: apiOrigin,
        sighting: { executionId: last.executionId, ...observed },
        now,
        cause: { kind: 'person', id: last.executionId, actorId: scope.actor.id, at: modifiedAt ?? now },
        matcher,
      });
    }
  }
  await deps.due.remove(dueKey('own-record', scope.tenantId, linkId));
}

function observeSource(shardTypeId: string, source: ShardSource, rulesPrint: string): Observation {
  const { externalId, externalBase, deleted, modifiedAt } = source;
  const record: OwnRecord = { shardTypeId, externalId, data: externalBase as JsonObject, deleted };
  return observeOwn(record, modifiedAt ?? '', rulesPrint);
}

async function apply(deps: EditNeeds, scope: Scope, observation: Observation, input: MergeInput): Promise<void> {
  const routes = await loadPushRoutes(deps, scope);
  const twoWay =
    routes.length === 0 ? {} : { twoWay: { routes, lookedAtMs: observedAs(observation, input.sighting).fence } };
  await applyPage(deps, scope, { ...input, ...twoWay }, [observation], false, async () => true);
}
