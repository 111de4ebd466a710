import { createHash } from 'node:crypto';
import { traceparent as schema } from './envelope.ts';

/** The caller's trace context where it sent a valid one, else a new one that derives from the id of the request or invocation. */
export function traceparentOf(header: string | undefined, id: string): string {
  if (header !== undefined && schema.safeParse(header).success) return header;
  const bits = createHash('sha256').update(id).digest('hex');
  return `00-${bits.slice(0, 32)}-${bits.slice(32, 48)}-01`;
}
