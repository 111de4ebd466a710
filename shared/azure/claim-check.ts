import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import type { Storage } from './storage.ts';
import { uploadBlob } from './upload-blob.ts';

/** A queue message holds 64 KB of base64, which is 48 KB of JSON. */
const largestMessageBytes = 48 * 1024;
const containerName = 'claim-checks';

/** What travels instead of a message that is too large. */
const claim = z.strictObject({ claimCheck: z.uuid(), bytes: z.int().min(0) });

/**
 * Carries messages of any size: a large one waits in a Blob and only its claim travels. Blobs of messages that nobody collected are
 * deleted by the account's lifecycle rule.
 */
export class ClaimCheck {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The JSON text to send for a message. */
  async deposit(message: unknown): Promise<string> {
    const text = JSON.stringify(message);
    const bytes = Buffer.byteLength(text);
    if (bytes <= largestMessageBytes) return text;
    const claimCheck = randomUUID();
    const body = Buffer.from(text);
    await this.#upload(claimCheck, body);
    return JSON.stringify({ claimCheck, bytes });
  }

  /** The message behind what was received (parsed JSON); what is no claim is the message itself. Throws when its Blob is gone. */
  async collect(received: unknown): Promise<unknown> {
    const parsed = claim.safeParse(received);
    if (!parsed.success) return received;
    const blob = (await this.#container()).getBlobClient(parsed.data.claimCheck);
    const body = await blob.downloadToBuffer();
    if (body.byteLength !== parsed.data.bytes) {
      throw new Error(`The message ${parsed.data.claimCheck} has ${body.byteLength} bytes, not ${parsed.data.bytes}`);
    }
    return JSON.parse(body.toString('utf8'));
  }

  /** After the message was handled for good. */
  async discard(received: unknown): Promise<void> {
    const parsed = claim.safeParse(received);
    if (parsed.success) await (await this.#container()).getBlobClient(parsed.data.claimCheck).deleteIfExists();
  }

  async #upload(name: string, body: Buffer): Promise<void> {
    await uploadBlob(await this.#container(), name, { body, contentType: 'application/json' });
  }

  async #container(): Promise<ContainerClient> {
    return (await this.#storage.blobs()).getContainerClient(containerName);
  }
}
