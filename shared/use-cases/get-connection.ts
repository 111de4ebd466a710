import type { getConnection as route } from '../contracts/connections.ts';
import { describeConnection } from '../core/describe-integration.ts';
import type { Deps } from '../core/ports.ts';
import type { InputOf, OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';
import { findIntegration } from './find-integration.ts';

/** State of the connection, never the credential. Throws `not-found`. */
export async function getConnection(
  deps: Pick<Deps, 'integrations'>,
  scope: Scope,
  { params }: InputOf<typeof route>,
): Promise<OutputOf<typeof route>> {
  const { document } = await findIntegration(deps, scope, params.integrationId);
  return { body: describeConnection(document) };
}
