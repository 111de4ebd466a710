import { hash } from 'node:crypto';
import type { DeliveryDocument } from '../documents/delivery.ts';

type StoredBody = DeliveryDocument['body'];

/** What is larger goes to a Blob: a document stays cheap to read and to replace. */
const largestInlineBytes = 48 * 1024;

/** The body as its document holds it; `undefined` when it is too large for that. */
export function inlineBody(bytes: Uint8Array): StoredBody | undefined {
  if (bytes.byteLength > largestInlineBytes) return undefined;
  const text = readUtf8(bytes);
  const content = text ?? Buffer.from(bytes).toString('base64');
  const encoding = text === undefined ? 'base64' : 'utf-8';
  return { kind: 'inline', encoding, content, ...measureOf(bytes) };
}

/** @param name of the Blob that holds it */
export function blobBody(bytes: Uint8Array, name: string): StoredBody {
  return { kind: 'blob', name, ...measureOf(bytes) };
}

/** The very bytes that arrived. */
export function inlineBytes(body: Extract<StoredBody, { kind: 'inline' }>): Uint8Array {
  return Buffer.from(body.content, body.encoding);
}

function measureOf(bytes: Uint8Array): { bytes: number; sha256: string } {
  return { bytes: bytes.byteLength, sha256: hash('sha256', bytes, 'hex') };
}

/** Text that gives the same bytes back, and that every store keeps: NUL is not among it. */
function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\u0000') ? undefined : text;
  } catch {
    return undefined;
  }
}
