import type { BlobLeaseClient, BlockBlobClient } from '@azure/storage-blob';
import { describeError } from '../log.ts';
import { hasEnded, machineName } from '../machine.ts';
import { storageErrorCode } from '../storage.ts';

export interface Lock {
  /** Resolves when another host may hold the lock. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the lease of a lock blob if it is free, or if its holder was a process of this machine that has died: a host that
 * is started again after a crash need not wait for the old lease to run out.
 * @param periodMs how long the lease lasts, 15 to 60 s; it is renewed at a third of it
 * @returns undefined when another host holds it. Rejects when Storage does not answer.
 */
export const tryLock = async (
  blob: BlockBlobClient,
  periodMs: number,
  onRenewalFailed: (reason: string) => void,
): Promise<Lock | undefined> => {
  await createBlob(blob);
  const lease = blob.getBlobLeaseClient();
  if (!(await acquires(lease, periodMs))) {
    if (!((await breakLeaseOfDeadHolder(blob, lease)) && (await acquires(lease, periodMs)))) {
      return undefined;
    }
  }
  try {
    // The ETag changes here: whoever has read the previous holder's name cannot break this lease any more.
    await blob.setMetadata(
      { machine: machineName(), pid: `${process.pid}` },
      { conditions: { leaseId: lease.leaseId } },
    );
  } catch (error) {
    if (isTakenByOther(error)) {
      return undefined;
    }
    throw error;
  }
  return holdLease(lease, periodMs, onRenewalFailed);
};

const acquires = async (lease: BlobLeaseClient, periodMs: number): Promise<boolean> => {
  try {
    await lease.acquireLease(Math.round(periodMs / 1000));
    return true;
  } catch (error) {
    if (storageErrorCode(error) === 'LeaseAlreadyPresent') {
      return false;
    }
    throw error;
  }
};

const breakLeaseOfDeadHolder = async (blob: BlockBlobClient, lease: BlobLeaseClient): Promise<boolean> => {
  const { metadata, etag } = await blob.getProperties();
  if (!hasEnded(metadata?.['machine'], Number(metadata?.['pid']))) {
    return false;
  }
  try {
    await lease.breakLease(0, { conditions: etag === undefined ? {} : { ifMatch: etag } });
    return true;
  } catch (error) {
    if (isTakenByOther(error)) {
      return false;
    }
    throw error;
  }
};

const isTakenByOther = (error: unknown): boolean => (error as { statusCode?: unknown }).statusCode === 412;

const createBlob = async (blob: BlockBlobClient): Promise<void> => {
  try {
    await blob.uploadData(Buffer.alloc(0), { conditions: { ifNoneMatch: '*' } });
  } catch (error) {
    // A lease or the blob itself is there already.
    const code = storageErrorCode(error);
    if (code !== 'BlobAlreadyExists' && code !== 'LeaseIdMissing') {
      throw error;
    }
  }
};

const holdLease = (lease: BlobLeaseClient, periodMs: number, onRenewalFailed: (reason: string) => void): Lock => {
  let reportLost: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    reportLost = resolve;
  });
  let renewedAtMs = performance.now();
  let renewal = Promise.resolve();
  const renew = async (): Promise<void> => {
    const startedAtMs = performance.now();
    try {
      await lease.renewLease();
      renewedAtMs = startedAtMs;
    } catch (error) {
      onRenewalFailed(describeError(error));
      if ((error as { statusCode?: unknown }).statusCode !== undefined || performance.now() - renewedAtMs > periodMs) {
        clearInterval(timer);
        reportLost();
      }
    }
  };
  const timer = setInterval(() => {
    renewal = renewal.then(renew);
  }, periodMs / 3);
  return {
    lost,
    release: async () => {
      clearInterval(timer);
      await renewal;
      await lease.releaseLease();
    },
  };
};
