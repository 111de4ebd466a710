import { type BlobServiceClient, BlobServiceClient as Blobs } from '@azure/storage-blob';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { ConfigurationError } from './config/errors.ts';
import { type Settings, storageConnection } from './config/settings.ts';

/** Storage clients by the name of the connection setting, made once each. */
export interface Storage {
  queue(connection: string | undefined, queueName: string): QueueClient;
  blobs(connection: string | undefined): BlobServiceClient;
}

/** @throws ConfigurationError from its methods when the connection string is missing or wrong */
export const createStorage = (settings: Settings): Storage => {
  const queueServices = new Map<string, QueueServiceClient>();
  const blobServices = new Map<string, BlobServiceClient>();
  return {
    queue: (connection, queueName) =>
      cached(queueServices, connection, settings, (text) =>
        QueueServiceClient.fromConnectionString(text),
      ).getQueueClient(queueName),
    blobs: (connection) => cached(blobServices, connection, settings, (text) => Blobs.fromConnectionString(text)),
  };
};

const cached = <Client>(
  clients: Map<string, Client>,
  connection: string | undefined,
  settings: Settings,
  create: (connectionString: string) => Client,
): Client => {
  const text = storageConnection(connection, settings);
  const known = clients.get(text);
  if (known !== undefined) {
    return known;
  }
  try {
    const client = create(text);
    clients.set(text, client);
    return client;
  } catch (error) {
    throw new ConfigurationError(`The storage connection string "${connection ?? 'AzureWebJobsStorage'}" is wrong`, {
      cause: error,
    });
  }
};

/** The error code of a Storage answer, e.g. `QueueNotFound`; undefined for any other error. */
export const storageErrorCode = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const { code, details } = error as { code?: unknown; details?: { errorCode?: unknown } };
  const found = details?.errorCode ?? code;
  return typeof found === 'string' ? found : undefined;
};
