import { type IdKind, idPrefixes } from '../contracts/identifiers.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new id: prefix, then a UUIDv7 (RFC 9562) as 26 characters of Crockford base32, so that ids sort by time of creation.
 *
 * @param nowMs epoch milliseconds
 * @param random at least 10 random bytes
 */
export function composeId(kind: IdKind, nowMs: number, random: Uint8Array): string {
  if (random.length < 10) throw new RangeError('composeId needs at least 10 random bytes');
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.trunc(nowMs)) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return `${idPrefixes[kind]}_${base32(bytes)}`;
}

/** When an id was made, in epoch milliseconds: its first ten characters after the prefix. */
export function timeOfId(id: string): number {
  let ms = 0;
  for (const letter of id.slice(id.indexOf('_') + 1).slice(0, 10)) ms = ms * 32 + Math.max(0, alphabet.indexOf(letter));
  return ms;
}

/** Two leading zero bits, then 128 bits in groups of five. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 2;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
  }
  return text;
}
