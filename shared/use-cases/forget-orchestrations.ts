import type { Deps, Orchestrations } from '../core/ports.ts';

/** For whoever looks into what went wrong; the runs' own logs stay longer. */
const keptMs = 7 * 86_400_000;

/** Removes the histories of orchestrations that are long over: nothing else does, and they are paid for. */
export async function forgetOrchestrations(
  deps: Pick<Deps, 'now' | 'log'> & { readonly orchestrations: Orchestrations },
): Promise<void> {
  const forgotten = await deps.orchestrations.forgetEnded(new Date(deps.now().getTime() - keptMs));
  if (forgotten > 0) deps.log.info('histories of orchestrations were removed', { forgotten });
}
