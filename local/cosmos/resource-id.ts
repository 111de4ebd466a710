/** Resource ids as the service writes them: big-endian numbers in base64, `/` replaced by `-`, nested by prefix. */

const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('/', '-');

/** `_rid` of a database: 4 bytes. */
export function databaseRid(databaseNumber: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(databaseNumber);
  return encode(bytes);
}

/** `_rid` of a container: 8 bytes (the SDK keeps session tokens only for owner ids of exactly 8 bytes). */
export function containerRid(databaseNumber: number, containerNumber: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(databaseNumber, 0);
  bytes.writeUInt32BE(containerNumber, 4);
  // The service sets the top bit of the container's half, which tells it from a user's rid.
  bytes.writeUInt8(bytes.readUInt8(4) | 0x80, 4);
  return encode(bytes);
}

/** The id of the offer of a database or container. */
export function offerId(rid: string): string {
  return rid.replaceAll('=', '');
}

/** A function that makes the `_rid` (16 bytes) of a container's documents from their number. */
export function documentRids(databaseNumber: number, containerNumber: number): (documentNumber: number) => string {
  const prefix = Buffer.from(containerRid(databaseNumber, containerNumber).replaceAll('-', '/'), 'base64');
  const bytes = Buffer.concat([prefix, Buffer.alloc(8)]);
  return (documentNumber) => {
    bytes.writeBigUInt64BE(BigInt(documentNumber), 8);
    return encode(bytes);
  };
}

/** The quoted `_etag` of a write, made from its log sequence number, which never repeats in an account. */
export function etagOf(lsn: number): string {
  const hex = lsn.toString(16).padStart(16, '0');
  return `"00000000-0000-0000-${hex.slice(0, 4)}-${hex.slice(4)}"`;
}
