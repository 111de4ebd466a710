import type { suggestMapping as route } from '../contracts/conversion-schemas.ts';
import { AdapterFailure, type DescribedField } from '../core/adapter.ts';
import { AppError } from '../core/app-error.ts';
import { suggestFields } from '../core/conversion/suggest-fields.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findIntegration } from './find-integration.ts';
import { findShardType, readShardTypeSchema } from './find-shard-type.ts';
import { openIntegration } from './open-integration.ts';

type Needs = Pick<
  Deps,
  'integrations' | 'shardTypes' | 'shardTypeContents' | 'adapters' | 'openCall' | 'secrets' | 'audit' | 'newId' | 'now'
>;

/** Suggests rules from what an object's records hold. Throws `not-found`, `invalid-request`, `not-connected`, `provider-failed`. */
export async function suggestMapping(
  deps: Needs,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document: integration } = await findIntegration(deps, scope, params.integrationId);
  const type = await findShardType(deps, scope, query.shardTypeId);
  if (type === undefined) refuse('shardTypeId', 'is not a shard type');
  const [schema, described] = await Promise.all([
    readShardTypeSchema(deps, scope, type.id, type.contentId),
    describeObject(deps, scope, integration, query.object),
  ]);
  const { fields, unmatched } = suggestFields(described, schema);
  return {
    body: { object: query.object, shardTypeId: type.id, fields: [...fields], unmatched: [...unmatched] },
  };
}

async function describeObject(
  deps: Needs,
  scope: Scope,
  integration: IntegrationDocument,
  object: string,
): Promise<readonly DescribedField[]> {
  const { adapter, call } = await openIntegration(deps, scope, integration);
  if (!adapter.objects(call.settings).some((each) => each.name === object)) refuse('object', 'is not an object of it');
  if (adapter.describe === undefined) {
    throw new AppError('provider-failed', { detail: 'The provider does not describe its objects.' });
  }
  try {
    return await adapter.describe(call, object);
  } catch (error) {
    if (error instanceof AdapterFailure) throw new AppError('provider-failed', { detail: error.message });
    throw error;
  }
}

function refuse(field: string, message: string): never {
  throw new AppError('invalid-request', { errors: [{ in: 'query', field, message }] });
}
