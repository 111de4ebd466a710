import type { Deps, QueueMeasure } from '../core/ports.ts';

/** Work that waits longer than this waits too long. */
const longestWaitMs = 600_000;

/**
 * Logs what the work queue holds, as one line; an alert where people have to look. The numbers are of all tenants: no tenant sees them.
 *
 * @returns since when work has been waiting, where that is too long
 */
export async function measureWorkQueue(deps: Pick<Deps, 'syncQueue' | 'log' | 'now'>): Promise<string | undefined> {
  const measured = await deps.syncQueue.measure();
  const isSlow = note(deps, 'the work queue', 'sync-pages', measured);
  return isSlow ? new Date(deps.now().getTime() - (measured.oldestMs ?? 0)).toISOString() : undefined;
}

/** Logs what the queues of outgoing webhooks hold, in the same way. A receiver that is waited for delays nobody's health. */
export async function measureOutgoingQueues(
  deps: Pick<Deps, 'outgoingQueue' | 'slowOutgoingQueue' | 'log'>,
): Promise<void> {
  note(deps, 'the queue of outgoing webhooks', 'deliver-webhooks', await deps.outgoingQueue.measure());
  note(deps, 'the queue of slow receivers', 'deliver-slow-webhooks', await deps.slowOutgoingQueue.measure());
}

function note(
  deps: Pick<Deps, 'log'>,
  what: string,
  queue: string,
  { depth, oldestMs = 0, poison }: QueueMeasure,
): boolean {
  const isSlow = oldestMs > longestWaitMs;
  const fields = { queue, depth, oldestSeconds: Math.round(oldestMs / 1000), poison };
  if (isSlow || poison > 0) deps.log.alert(`${what} needs a look`, fields);
  else deps.log.info(what, fields);
  return isSlow;
}
