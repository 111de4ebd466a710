import type { HostJson } from '../config/host-json.ts';
import type { TypedData } from '../worker/rpc.ts';

export type MessageEncoding = HostJson['extensions']['queues']['messageEncoding'];

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes that a message's text stands for; undefined when it is not base64 where it must be. */
export const decodeMessage = (text: string, encoding: MessageEncoding): Buffer | undefined => {
  if (encoding === 'none') {
    return Buffer.from(text, 'utf8');
  }
  const compact = text.replace(/\s/g, '');
  return BASE64.test(compact) ? Buffer.from(compact, 'base64') : undefined;
};

export const encodeMessage = (body: string | Uint8Array, encoding: MessageEncoding): string => {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body);
  return encoding === 'none' ? bytes.toString('utf8') : bytes.toString('base64');
};

/** What an output binding sends: one message for each element of an array, else one; none for null. */
export const toMessages = (data: TypedData): readonly (string | Uint8Array)[] => {
  if (typeof data.json === 'string') {
    const value: unknown = JSON.parse(data.json);
    return Array.isArray(value) ? value.filter((item) => item !== null).map(toText) : [data.json];
  }
  const single = data.string ?? data.bytes ?? data.int?.toString() ?? data.double?.toString();
  return single === undefined ? [] : [single];
};

const toText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
