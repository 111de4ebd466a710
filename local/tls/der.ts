/** The few ASN.1 values, in DER, that a certificate is made of. */
const value = (tag: number, content: Buffer): Buffer => {
  if (content.length < 0x80) {
    return Buffer.concat([Buffer.from([tag, content.length]), content]);
  }
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const digits = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length]), digits, content]);
};

export const sequence = (...parts: readonly Buffer[]): Buffer => value(0x30, Buffer.concat(parts));
export const set = (...parts: readonly Buffer[]): Buffer => value(0x31, Buffer.concat(parts));
export const octets = (content: Buffer): Buffer => value(0x04, content);
export const text = (content: string): Buffer => value(0x0c, Buffer.from(content, 'utf8'));
export const yes = (): Buffer => value(0x01, Buffer.from([0xff]));

/** Of whole bytes. */
export const bits = (content: Buffer): Buffer => value(0x03, Buffer.concat([Buffer.from([0]), content]));

/** Not negative: a leading 1 bit gets a zero byte before it. */
export const integer = (bytes: Buffer): Buffer =>
  value(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);

/** Constructed, context-specific, `[number]` in ASN.1. */
export const tagged = (number: number, content: Buffer): Buffer => value(0xa0 | number, content);
/** The same, primitive. */
export const taggedPrimitive = (number: number, content: Buffer): Buffer => value(0x80 | number, content);

export const time = (atMs: number): Buffer =>
  value(0x18, Buffer.from(`${new Date(atMs).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`, 'ascii'));

export const objectIdentifier = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return value(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
};

/** Seven bits a byte, all but the last marked as not the last. */
const base128 = (number: number): readonly number[] => {
  const bytes = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) {
    bytes.unshift(0x80 | (rest & 0x7f));
  }
  return bytes;
};
