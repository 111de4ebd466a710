import { randomFillSync } from 'node:crypto';

const idBytes = 10;
/** Asking the system once for many ids costs as much as once for one. */
const pool = new Uint8Array(400 * idBytes);
let used = pool.length;

/** Random bytes for an id, each given out once. */
export function idRandom(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return pool.slice(used - idBytes, used);
}
