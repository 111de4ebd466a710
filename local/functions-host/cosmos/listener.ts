import { describeError } from '../log.ts';
import { leasesToTake } from './balance.ts';
import type { HeldLease, Lease } from './lease-store.ts';
import { type CosmosAccounts, type Feed, openFeed } from './open-feed.ts';
import { type ChangeFeedContext, pause, processLease } from './process-lease.ts';

export interface ChangeFeedListener {
  /** Starts no further run, waits for those that run and gives the leases to other hosts. */
  stop(): Promise<void>;
}

/** How long after a failure everything is opened anew, at most. */
const RECOVERY_MS = 5_000;

/**
 * Feeds a function with the changes of a container, shared with other hosts by leases. A container that is missing, or a
 * service that does not answer, is logged and tried again.
 */
export const startChangeFeedListener = (
  context: ChangeFeedContext & { readonly accounts: CosmosAccounts },
): ChangeFeedListener => {
  const { hostFunction, accounts, log } = context;
  const category = `Host.Triggers.CosmosDB.${hostFunction.name}`;
  const stopping = new AbortController();
  const recoveryMs = Math.min(RECOVERY_MS, hostFunction.trigger.leaseAcquireIntervalMs);

  const listen = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const feed = await openFeed(accounts, hostFunction.trigger, (error) =>
          log('warning', category, `A lease is not renewed: ${describeError(error)}`),
        );
        await shareFeed(context, feed, stopping.signal);
      } catch (error) {
        log('error', category, `The change feed is interrupted: ${describeError(error)}`);
        await pause(recoveryMs, stopping.signal);
      }
    }
  };
  const ended = listen();

  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
};

/** Works on this host's share of the leases until the signal comes; rejects when one of them fails. */
const shareFeed = async (context: ChangeFeedContext, feed: Feed, stopping: AbortSignal): Promise<void> => {
  const { leaseAcquireIntervalMs } = context.hostFunction.trigger;
  const failing = new AbortController();
  const ending = AbortSignal.any([stopping, failing.signal]);
  const running = new Map<string, Promise<void>>();
  let failure: unknown;

  const work = async (lease: Lease, held: HeldLease): Promise<void> => {
    try {
      await processLease(context, held, feed.read(lease), AbortSignal.any([ending, held.lost]));
    } catch (error) {
      failure ??= error;
      failing.abort();
    } finally {
      await held.release().catch((error: unknown) => {
        const category = `Host.Triggers.CosmosDB.${context.hostFunction.name}`;
        context.log('warning', category, `A lease is not given back and will run out: ${describeError(error)}`);
      });
      running.delete(lease.id);
    }
  };

  try {
    while (!ending.aborted) {
      const leases = await feed.leases.list();
      for (const lease of leasesToTake(leases, feed.leases.owner)) {
        const held = running.has(lease.id) ? undefined : await feed.leases.take(lease);
        if (held !== undefined) {
          running.set(lease.id, work(lease, held));
        }
      }
      await pause(leaseAcquireIntervalMs, ending);
    }
  } finally {
    failing.abort();
    await Promise.all(running.values());
  }
  if (failure !== undefined) {
    throw failure;
  }
};
