import type { Deps } from '../core/ports.ts';

/** Work that waits longer than this waits too long. */
const longestWaitMs = 600_000;

/**
 * Logs what the work queue holds, as one line; an alert where people have to look. The numbers are of all tenants: no tenant sees them.
 *
 * @returns since when work has been waiting, where that is too long
 */
export async function measureWorkQueue(deps: Pick<Deps, 'syncQueue' | 'log' | 'now'>): Promise<string | undefined> {
  const { depth, oldestMs = 0, poison } = await deps.syncQueue.measure();
  const isSlow = oldestMs > longestWaitMs;
  const fields = { queue: 'sync-pages', depth, oldestSeconds: Math.round(oldestMs / 1000), poison };
  if (isSlow || poison > 0) deps.log.alert('the work queue needs a look', fields);
  else deps.log.info('the work queue', fields);
  return isSlow ? new Date(deps.now().getTime() - oldestMs).toISOString() : undefined;
}
