import { createHash } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { DeliveryBodies } from '../core/ports.ts';
import type { Scope } from '../core/scope.ts';
import type { Storage } from './storage.ts';
import { uploadBlob } from './upload-blob.ts';

const containerName = 'deliveries';

/**
 * Large bodies of deliveries, named by tenant and content. They are deleted by the account's lifecycle rule, long after the documents that
 * name them.
 */
export class BlobDeliveryBodies implements DeliveryBodies {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async put(scope: Scope, bytes: Uint8Array): Promise<string> {
    const name = createHash('sha256').update(bytes).digest('hex');
    const upload = { body: bytes, contentType: 'application/octet-stream' };
    await uploadBlob(await this.#container(), placeOf(scope, name), upload);
    return name;
  }

  async get(scope: Scope, name: string): Promise<Uint8Array> {
    if (!/^[0-9a-f]{64}$/.test(name)) throw new Error(`${JSON.stringify(name)} is not the name of a delivery's body`);
    const container = await this.#container();
    return container.getBlobClient(placeOf(scope, name)).downloadToBuffer();
  }

  async has(scope: Scope, name: string): Promise<boolean> {
    return (await this.#container()).getBlobClient(placeOf(scope, name)).exists();
  }

  async erase(scope: Scope, name?: string): Promise<void> {
    const container = await this.#container();
    if (name !== undefined) {
      await container.getBlobClient(placeOf(scope, name)).deleteIfExists();
      return;
    }
    if (!(await container.exists())) return;
    for await (const { name: place } of container.listBlobsFlat({ prefix: placeOf(scope, '') }))
      await container.getBlobClient(place).deleteIfExists();
  }

  async #container(): Promise<ContainerClient> {
    return (await this.#storage.blobs()).getContainerClient(containerName);
  }
}

function placeOf(scope: Scope, name: string): string {
  return `${scope.tenantId}/${name}`;
}
