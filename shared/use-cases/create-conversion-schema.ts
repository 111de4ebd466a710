import type { createConversionSchema as route } from '../contracts/conversion-schemas.ts';
import { AppError } from '../core/app-error.ts';
import { describeConversionSchema } from '../core/describe-conversion-schema.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { addVersion } from '../core/versions.ts';
import { createDocument } from './change-document.ts';
import { checkTargets } from './check-mapping.ts';
import { requireObject } from './check-task.ts';
import { findIntegration } from './find-integration.ts';
import { recordAudit } from './record-audit.ts';
import { removeConversionSchemas } from './remove-conversion-schemas.ts';
import { storeTargets } from './store-targets.ts';

type Needs = Pick<
  Deps,
  | 'integrations'
  | 'conversionSchemas'
  | 'conversionContents'
  | 'shardTypes'
  | 'expressions'
  | 'adapters'
  | 'audit'
  | 'newId'
  | 'now'
>;

/**
 * Creates a conversion schema with its first version. An integration that was removed meanwhile keeps none.
 *
 * @throws AppError `not-found`, `invalid-request`
 */
export async function createConversionSchema(
  deps: Needs,
  scope: Scope,
  { params, body, attempt }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { integrationId } = params;
  const { document: integration } = await findIntegration(deps, scope, integrationId);
  requireObject(deps, integration, body.object);
  await checkTargets(deps, scope, body.targets);
  const at = attempt.at.toISOString();
  const id = deps.newId('conversionSchema');
  const contentId = await storeTargets(deps, scope, { integrationId, conversionSchemaId: id }, body.targets);
  const { document, etag } = await createDocument(
    deps.conversionSchemas,
    scope,
    {
      id,
      tenantId: scope.tenantId,
      kind: 'conversion-schema',
      schemaVersion: 1,
      integrationId,
      name: body.name,
      object: body.object,
      versions: addVersion([], { contentId, note: body.note, at }),
      publications: 0,
      createdAt: at,
      updatedAt: at,
    },
    attempt.repeated,
  );
  if ((await deps.integrations.get(scope, { id: integrationId })) === undefined) {
    await removeConversionSchemas(deps, scope, integrationId);
    throw new AppError('not-found', { detail: 'There is no such integration.' });
  }
  await recordAudit(deps, scope, { action: 'conversion-schema.created', subject: id });
  return { body: describeConversionSchema(document), etag };
}
