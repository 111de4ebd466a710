/** Request units, after the service's published rules of thumb: 1 RU to read 1 KB, about 5.3 RU to write 1 KB. */

const KILOBYTE = 1024;

/** RU of a point read of `bytes`: 1 for 1 KB, about 10 for 100 KB. */
export function readCharge(bytes: number): number {
  return 1 + 0.09 * Math.max(0, Math.ceil(bytes / KILOBYTE) - 1);
}

/** RU of a write of `bytes` with default indexing: 5.33 for 1 KB, about 51 for 100 KB. */
export function writeCharge(bytes: number): number {
  return round(5.33 + 0.46 * Math.max(0, Math.ceil(bytes / KILOBYTE) - 1));
}

/** RU of a page of a query: a base price, then by documents and bytes returned. */
export function queryCharge(documents: number, bytes: number): number {
  return round(2.28 + 0.03 * documents + 0.05 * Math.floor(bytes / KILOBYTE));
}

/** RU of an operation on a database or container. */
export const METADATA_CHARGE = 1;

/** Two decimals, as the service rounds. */
export function round(charge: number): number {
  return Math.round(charge * 100) / 100;
}
