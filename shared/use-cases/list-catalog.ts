import type { listCatalog as route } from '../contracts/integrations.ts';
import { describeProvider } from '../core/describe-provider.ts';
import type { Deps } from '../core/ports.ts';
import type { OutputOf } from '../core/route-input.ts';
import type { Scope } from '../core/scope.ts';

/** Every provider of this deployment. */
export async function listCatalog(deps: Pick<Deps, 'adapters'>, _scope: Scope): Promise<OutputOf<typeof route>> {
  return { body: { items: deps.adapters.map(describeProvider) } };
}
