import type { z } from 'zod';
import { CorruptDocument } from '../core/app-error.ts';
import type { Log, Stored } from '../core/ports.ts';

/** How one kind of document is read. */
export interface DocumentReading<T> {
  /** Of the container, for messages. */
  readonly container: string;
  readonly schema: z.ZodType<T>;
  readonly log: Log;
}

const knownSchemaVersion = 1;

/**
 * A document as the service returns it → as the product knows it: without the service's own properties, checked by its schema.
 *
 * @param raw may be under another id than the product's; `id` replaces it
 * @throws CorruptDocument, after an alert, when it does not parse: never a default
 */
export function readDocument<T>(reading: DocumentReading<T>, raw: object, id: string): Stored<T> {
  const { _rid, _self, _etag, _attachments, _ts, ...fields } = raw as Record<string, unknown>;
  fields['id'] = id;
  const parsed = reading.schema.safeParse(fields);
  if (parsed.success && typeof _etag === 'string') return { document: parsed.data, etag: _etag };
  const where = `${reading.container}/${id}`;
  const reason = describe(fields['schemaVersion'], parsed.error, _etag);
  reading.log.alert('A stored document is corrupt', { document: where, tenantId: fields['tenantId'], reason });
  throw new CorruptDocument(where, reason);
}

/** Names fields and rules, never values: they may be a customer's. */
function describe(version: unknown, error: z.ZodError | undefined, etag: unknown): string {
  if (typeof version === 'number' && version > knownSchemaVersion) {
    return `its schemaVersion ${version} is newer than this deployment`;
  }
  if (error === undefined) return `its _etag is ${typeof etag}`;
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`)
    .join('; ');
}
