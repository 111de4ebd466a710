import type { getConversionSchema as route } from '../contracts/conversion-schemas.ts';
import { describeConversionSchema } from '../core/describe-conversion-schema.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findConversionSchema } from './find-conversion-schema.ts';

/** One conversion schema of the integration. Throws `not-found`. */
export async function getConversionSchema(
  deps: Pick<Deps, 'conversionSchemas'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await findConversionSchema(deps, scope, params);
  return { body: describeConversionSchema(document), etag };
}
