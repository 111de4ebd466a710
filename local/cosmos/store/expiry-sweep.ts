import type { Catalog } from './catalog.ts';

const SWEEP_INTERVAL_MS = 5_000;
/** Few at a time, so that requests never wait long for a sweep. */
const SWEEP_BATCH = 2_000;

/** Deletes expired documents in the background; they are invisible anyway. Returns what stops it. */
export function startExpirySweep(catalog: Catalog): () => void {
  const timer = setInterval(() => {
    for (const database of catalog.databases()) {
      for (const container of database.containers.values()) container.items.removeExpired(SWEEP_BATCH);
    }
  }, SWEEP_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
