import { randomUUID } from 'node:crypto';
import type { Container, ItemDefinition } from '@azure/cosmos';
import { z } from 'zod';
import { hasEnded, machineName } from '../machine.ts';
import type { OwnedLease } from './balance.ts';

/** A part of the container's change feed, kept as a document as the service's own libraries keep it. */
const leaseDocument = z.object({
  id: z.string(),
  version: z.literal(1),
  FeedRange: z.object({ min: z.string(), max: z.string() }),
  Owner: z.string().nullable(),
  /** Null until the first batch is behind, unless the lease begins at a known place. */
  ContinuationToken: z.string().nullable(),
  /** When the owner last wrote. */
  timestamp: z.iso.datetime(),
  _etag: z.string(),
});

type LeaseDocument = z.infer<typeof leaseDocument>;

export interface Lease extends OwnedLease {
  readonly range: FeedRangeBounds;
  readonly continuation: string | undefined;
  readonly document: LeaseDocument;
}

export interface FeedRangeBounds {
  readonly minInclusive: string;
  readonly maxExclusive: string;
}

/** A lease that this host owns, until another takes it. */
export interface HeldLease {
  /** Aborts when another host has the lease, or may have it. */
  readonly lost: AbortSignal;
  /** Keeps how far the reader has come. False when the lease is lost. */
  checkpoint(continuation: string): Promise<boolean>;
  /** Lets others take the lease at once. */
  release(): Promise<void>;
}

export interface LeaseStore {
  /** The name of this host in its leases. */
  readonly owner: string;
  list(): Promise<readonly Lease[]>;
  /** Makes a free lease unless it is there. */
  create(range: FeedRangeBounds, continuation: string | undefined): Promise<void>;
  /** Undefined when another host was faster. */
  take(lease: Lease): Promise<HeldLease | undefined>;
}

export interface LeaseTimes {
  readonly expirationMs: number;
  readonly renewMs: number;
}

/** @param prefix of the ids of all leases of one function and one container */
export const createLeaseStore = (
  container: Container,
  prefix: string,
  times: LeaseTimes,
  onRenewalFailed: (error: unknown) => void,
): LeaseStore => {
  const owner = [machineName(), process.pid, randomUUID()].join('#');
  return {
    owner,
    list: async () => {
      const { resources } = await container.items
        .query<ItemDefinition>({
          query: 'SELECT * FROM c WHERE STARTSWITH(c.id, @prefix)',
          parameters: [{ name: '@prefix', value: prefix }],
        })
        .fetchAll();
      return resources.map((resource) => toLease(leaseDocument.parse(resource), times.expirationMs));
    },
    create: async (range, continuation) => {
      const id = `${prefix}${range.minInclusive}-${range.maxExclusive}`;
      try {
        await container.items.create({
          id,
          // A lease container of the API for Gremlin has this as its partition key.
          partitionKey: id,
          version: 1,
          FeedRange: { min: range.minInclusive, max: range.maxExclusive },
          Owner: null,
          ContinuationToken: continuation ?? null,
          timestamp: new Date().toISOString(),
        });
      } catch (error) {
        if (statusOf(error) !== 409) {
          throw error;
        }
      }
    },
    take: async (lease) => {
      const document = await replace(container, lease.document, { Owner: owner });
      return document === undefined ? undefined : hold(container, document, owner, times, onRenewalFailed);
    },
  };
};

const toLease = (document: LeaseDocument, expirationMs: number): Lease => {
  const isFree = document.Owner === null || isOver(document.Owner, document.timestamp, expirationMs);
  return {
    id: document.id,
    owner: isFree ? undefined : (document.Owner ?? undefined),
    range: { minInclusive: document.FeedRange.min, maxExclusive: document.FeedRange.max },
    continuation: document.ContinuationToken ?? undefined,
    document,
  };
};

const isOver = (owner: string, timestamp: string, expirationMs: number): boolean => {
  const [machine, pid] = owner.split('#');
  return Date.now() - Date.parse(timestamp) > expirationMs || hasEnded(machine, Number(pid));
};

/** Undefined when the document is not what it was when it was read. */
const replace = async (
  container: Container,
  document: LeaseDocument,
  changes: Partial<LeaseDocument>,
): Promise<LeaseDocument | undefined> => {
  const { _etag, ...kept } = document;
  try {
    const { resource } = await container
      .item(document.id, document.id)
      .replace(
        { ...kept, partitionKey: document.id, timestamp: new Date().toISOString(), ...changes },
        { accessCondition: { type: 'IfMatch', condition: _etag } },
      );
    return leaseDocument.parse(resource);
  } catch (error) {
    if (isChanged(error)) {
      return undefined;
    }
    throw error;
  }
};

const hold = (
  container: Container,
  taken: LeaseDocument,
  owner: string,
  times: LeaseTimes,
  onRenewalFailed: (error: unknown) => void,
): HeldLease => {
  const lost = new AbortController();
  let document = taken;
  let writtenAtMs = performance.now();
  let previous: Promise<unknown> = Promise.resolve();

  const write = async (changes: Partial<LeaseDocument>): Promise<boolean> => {
    const startedAtMs = performance.now();
    let written = await replace(container, document, changes);
    if (written === undefined) {
      // A write of our own whose answer got lost changes the document too.
      const current = await readLease(container, document.id);
      written = current?.Owner === owner ? await replace(container, current, changes) : undefined;
    }
    if (written === undefined) {
      lost.abort();
      return false;
    }
    document = written;
    writtenAtMs = startedAtMs;
    return true;
  };
  /** One write at a time: each needs the ETag of the one before. */
  const inTurn = (changes: Partial<LeaseDocument>): Promise<boolean> => {
    const turn = previous.then(() => !lost.signal.aborted && write(changes));
    previous = turn.catch(() => undefined);
    return turn;
  };
  const timer = setInterval(() => {
    inTurn({}).catch((error: unknown) => {
      onRenewalFailed(error);
      if (performance.now() - writtenAtMs > times.expirationMs) {
        lost.abort();
      }
    });
  }, times.renewMs);
  lost.signal.addEventListener('abort', () => clearInterval(timer));
  return {
    lost: lost.signal,
    checkpoint: (continuation) => inTurn({ ContinuationToken: continuation }),
    release: async () => {
      clearInterval(timer);
      await inTurn({ Owner: null });
    },
  };
};

const readLease = async (container: Container, id: string): Promise<LeaseDocument | undefined> => {
  const { resource } = await container.item(id, id).read();
  return resource === undefined ? undefined : leaseDocument.parse(resource);
};

const isChanged = (error: unknown): boolean => [404, 412].includes(Number(statusOf(error)));

/** The status code of the service's answer. */
export const statusOf = (error: unknown): unknown => (error as { code?: unknown }).code;
