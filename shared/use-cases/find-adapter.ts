import type { Adapter } from '../core/adapter.ts';
import type { Deps } from '../core/ports.ts';

/** The adapter of a stored integration. It was there when the integration was made: without it the deployment is broken. */
export function findAdapter(deps: Pick<Deps, 'adapters'>, provider: string): Adapter {
  const adapter = deps.adapters.find((candidate) => candidate.id === provider);
  if (adapter === undefined) throw new Error(`This deployment has no adapter for the stored provider ${provider}`);
  return adapter;
}
