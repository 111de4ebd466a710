import type { ContainerClient } from '@azure/storage-blob';
import { storageErrorCode } from './storage.ts';

/** Writes a Blob, over one that is there; its container is made where nothing else has made it. */
export async function uploadBlob(
  container: ContainerClient,
  name: string,
  { body, contentType }: { readonly body: Uint8Array; readonly contentType: string },
): Promise<void> {
  const blob = container.getBlockBlobClient(name);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const options = { blobHTTPHeaders: { blobContentType: contentType } };
  try {
    await blob.uploadData(bytes, options);
  } catch (error) {
    if (storageErrorCode(error) !== 'ContainerNotFound') throw error;
    await container.createIfNotExists();
    await blob.uploadData(bytes, options);
  }
}
