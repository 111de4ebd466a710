import { mappingTargets } from '../../../../shared/contracts/mapping.ts';
import type { ShardDocument } from '../../../../shared/core/documents/shard.ts';
import type { TaskDocument } from '../../../../shared/core/documents/task.ts';
import { storeTargets } from '../../../../shared/use-cases/store-targets.ts';
import type { TargetInput } from '../../../kit/convert-with.ts';
import type { SyncHarness } from '../../../kit/sync-harness.ts';

/** Publishes one more version of the task's conversion schema, made at the first call. */
export async function publishTargets(harness: SyncHarness, targets: readonly TargetInput[]): Promise<void> {
  const { deps, scope } = harness;
  const task = await deps.tasks.get(scope, { id: (await harness.task()).id });
  if (task === undefined) throw new Error('no task');
  const { integrationId } = task.document;
  const [object] = task.document.objects;
  const isFirst = object === undefined || 'fields' in object;
  const id = isFirst ? deps.newId('conversionSchema') : object.conversionSchemaId;
  const contentId = await storeTargets(
    deps,
    scope,
    { integrationId, conversionSchemaId: id },
    mappingTargets.parse(targets),
  );
  const before = (await deps.conversionSchemas.get(scope, { id }))?.document.versions ?? [];
  const version = before.length + 1;
  const at = deps.now().toISOString();
  await deps.conversionSchemas.write(scope, {
    kind: 'upsert',
    document: {
      id,
      tenantId: scope.tenantId,
      kind: 'conversion-schema',
      schemaVersion: 1,
      integrationId,
      name: 'People',
      object: 'people',
      versions: [...before, { version, contentId, createdAt: at }],
      published: version,
      publications: version,
      createdAt: at,
      updatedAt: at,
    },
  });
  const objects: TaskDocument['objects'] = [{ object: 'people', conversionSchemaId: id }];
  await deps.tasks.write(scope, { kind: 'replace', document: { ...task.document, objects }, etag: task.etag });
}

/** Every shard of a type. */
export async function shardsOf(harness: SyncHarness, shardTypeId: string): Promise<ShardDocument[]> {
  const found = await harness.deps.shards.list(harness.scope, {
    filters: [{ field: 'shardTypeId', is: 'equal', value: shardTypeId }],
    order: 'ascending',
    limit: 1000,
  });
  return found.map(({ document }) => document);
}
