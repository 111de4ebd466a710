import type { TokenCredential } from '@azure/identity';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { QueueServiceClient } from '@azure/storage-queue';
import type { StorageAccess } from './config.ts';
import { once } from './once.ts';

/** The account's queues and blobs; each SDK is loaded at its first use. */
export interface Storage {
  readonly queues: () => Promise<QueueServiceClient>;
  readonly blobs: () => Promise<BlobServiceClient>;
}

/** The SDK's defaults try for minutes; a function has seconds. */
const pipeline = {
  retryOptions: { maxTries: 4, retryDelayInMs: 200, maxRetryDelayInMs: 2000, tryTimeoutInMs: 10_000 },
};

export function openStorage(access: StorageAccess, credential: () => Promise<TokenCredential>): Storage {
  return {
    queues: once(async () => {
      const { QueueServiceClient } = await import('@azure/storage-queue');
      return access.kind === 'connection-string'
        ? QueueServiceClient.fromConnectionString(access.connectionString, pipeline)
        : new QueueServiceClient(access.queueUrl, await credential(), pipeline);
    }),
    blobs: once(async () => {
      const { BlobServiceClient } = await import('@azure/storage-blob');
      return access.kind === 'connection-string'
        ? BlobServiceClient.fromConnectionString(access.connectionString, pipeline)
        : new BlobServiceClient(access.blobUrl, await credential(), pipeline);
    }),
  };
}

/** The Storage service's own name of an error, for example `QueueNotFound`. */
export function storageErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
