import type { getIntegration as route } from '../contracts/integrations.ts';
import { describeIntegration } from '../core/describe-integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findIntegration } from './find-integration.ts';

/** One integration of the tenant. Throws `not-found`. */
export async function getIntegration(
  deps: Pick<Deps, 'integrations'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document, etag } = await findIntegration(deps, scope, params.integrationId);
  return { body: describeIntegration(document), etag };
}
