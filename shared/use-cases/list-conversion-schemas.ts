import type { listConversionSchemas as route } from '../contracts/conversion-schemas.ts';
import { describeConversionSchema } from '../core/describe-conversion-schema.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findIntegration } from './find-integration.ts';
import { equalFilters, listPage } from './list-page.ts';

/** The conversion schemas of an integration, newest first. Throws `not-found`. */
export async function listConversionSchemas(
  deps: Pick<Deps, 'integrations' | 'conversionSchemas'>,
  scope: Scope,
  { params, query }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  await findIntegration(deps, scope, params.integrationId);
  const filters = equalFilters({ integrationId: params.integrationId });
  const body = await listPage({
    list: 'conversion-schemas',
    asked: { integrationId: params.integrationId },
    page: query,
    read: (range) => deps.conversionSchemas.list(scope, { filters, order: 'descending', ...range }),
    describe: describeConversionSchema,
  });
  return { body };
}
