import { AppError } from '../core/app-error.ts';
import type { IntegrationDocument } from '../core/documents/integration.ts';
import type { Deps, Stored } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';

/** The tenant's integration. Another tenant's id and no id at all are the same `not-found`. */
export async function findIntegration(
  deps: Pick<Deps, 'integrations'>,
  scope: Scope,
  id: string,
): Promise<Stored<IntegrationDocument>> {
  const stored = await deps.integrations.get(scope, { id });
  if (stored === undefined) throw new AppError('not-found', { detail: 'There is no such integration.' });
  return stored;
}
