/** How the sync engine paces itself. One value for the whole deployment, read from configuration. */
export interface EngineSettings {
  /** A message works on at most this many pages … */
  readonly pagesPerSlice: number;
  /** … and begins no page after this long, so that one tenant's backfill yields to the others. */
  readonly sliceMs: number;
  /** Slices of one tenant that are worked on at once, by all workers together: its backfill leaves the others their turn. */
  readonly slicesPerTenant: number;
  /** A worker that shows no sign of life for this long has lost its task. Renewed at half of it. */
  readonly leaseMs: number;
  /** How long after a lease ends the watch looks whether the run still has a message. */
  readonly watchMs: number;
  /** Tries of one page before the run fails. */
  readonly attempts: number;
  /** First delay of the exponential backoff between tries, where the provider names none. */
  readonly retryBaseMs: number;
  /** The longest delay of the backoff. A provider that asks for more gets it. */
  readonly retryMaxMs: number;
  /** A run that is expected to bring more records than this is worked on in partitions, unless its task says otherwise. */
  readonly bulkAboveRecords: number;
  /** How many partitions of a run are worked on at once. */
  readonly bulkWidth: number;
  /** About how many records a partition shall have. */
  readonly partitionRecords: number;
}

export const defaultEngineSettings: EngineSettings = {
  pagesPerSlice: 25,
  sliceMs: 20_000,
  slicesPerTenant: 3,
  leaseMs: 60_000,
  watchMs: 30_000,
  attempts: 3,
  retryBaseMs: 5_000,
  retryMaxMs: 3_600_000,
  bulkAboveRecords: 50_000,
  bulkWidth: 3,
  partitionRecords: 25_000,
};
