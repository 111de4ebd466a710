import type { MappingTarget } from '../contracts/mapping.ts';
import { AppError } from '../core/app-error.ts';
import { inlineTargets } from '../core/conversion/inline-targets.ts';
import { mappingVersion } from '../core/conversion/mapping-version.ts';
import type { PlannedObject } from '../core/documents/conversion.ts';
import type { TaskDocument } from '../core/documents/task.ts';
import type { Deps } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import { findConversionSchema, readTargets } from './find-conversion-schema.ts';
import { findShardTypes } from './find-shard-type.ts';

type Needs = Pick<Deps, 'conversionSchemas' | 'conversionContents' | 'shardTypes'>;

/**
 * What a run does with each object of its task: the published version of its conversion schema, or the task's own fields, and the shard types as they
 * are now. What is published later is for later runs.
 *
 * @throws AppError `invalid-request` when a schema is not published or gone, or a shard type is gone
 */
export async function freezeMappings(
  deps: Needs,
  scope: Scope,
  integrationId: string,
  objects: TaskDocument['objects'],
): Promise<PlannedObject[]> {
  const planned: PlannedObject[] = [];
  for (const each of objects) {
    if ('fields' in each) {
      const targets = inlineTargets(each);
      planned.push({ object: each.object, targets, ...(await versionsOf(deps, scope, each.object, targets)) });
      continue;
    }
    const { document } = await findConversionSchema(deps, scope, {
      integrationId,
      conversionSchemaId: each.conversionSchemaId,
    });
    const published = document.versions.find((entry) => entry.version === document.published);
    if (published === undefined) {
      throw new AppError('not-published', { detail: `The conversion schema "${document.name}" is not published.` });
    }
    const { version, contentId } = published;
    const targets = await readTargets(deps, scope, document.id, contentId);
    planned.push({
      object: each.object,
      conversionSchema: { id: document.id, version, contentId, publication: document.publications },
      ...(await versionsOf(deps, scope, each.object, targets)),
    });
  }
  return planned;
}

async function versionsOf(
  deps: Needs,
  scope: Scope,
  object: string,
  targets: readonly MappingTarget[],
): Promise<Pick<PlannedObject, 'mappingVersion' | 'shardTypes'>> {
  const ids = [...new Set(targets.map((target) => target.shardTypeId))];
  const types = await findShardTypes(deps, scope, ids);
  const shardTypes: Record<string, string> = {};
  for (const [index, id] of ids.entries()) {
    const type = types[index];
    if (type === undefined) throw new AppError('not-found', { detail: `There is no shard type "${id}".` });
    shardTypes[id] = type.contentId;
  }
  return { shardTypes, mappingVersion: mappingVersion(object, targets, shardTypes) };
}
