import { type IdKind, idPrefixes } from '../contracts/identifiers.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new id: prefix, then a UUIDv7 (RFC 9562) as 26 characters of Crockford base32, so that ids sort by time of creation.
 *
 * @param nowMs epoch milliseconds
 * @param random at least 10 random bytes
 */
export function composeId(kind: IdKind, nowMs: number, random: Uint8Array): string {
  let value = BigInt(Math.trunc(nowMs)) & 0xffffffffffffn;
  value = (value << 4n) | 0x7n;
  value = (value << 12n) | BigInt((byteAt(random, 0) << 4) | (byteAt(random, 1) >> 4));
  value = (value << 2n) | 0x2n;
  value = (value << 6n) | BigInt(byteAt(random, 1) & 0x3f);
  for (let index = 2; index < 9; index += 1) value = (value << 8n) | BigInt(byteAt(random, index));
  let text = '';
  for (let index = 0; index < 26; index += 1) {
    text = alphabet[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return `${idPrefixes[kind]}_${text}`;
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new RangeError('composeId needs at least 10 random bytes');
  return byte;
}
