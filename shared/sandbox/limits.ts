/** What one program may use for one record. Steps rather than time, so that the same program has the same outcome on a slow machine. */
export const limits = {
  /** Expressions that a template evaluates; some 300,000 in a second. */
  templateSteps: 5_000,
  templateDepth: 200,
  /** Items of one list that a template makes. */
  templateItems: 20_000,
  /** Turns of the script interpreter's counter, each 10,000 jumps or calls; fifty take some 10 ms. */
  scriptTurns: 50,
  scriptMemoryBytes: 16 * 2 ** 20,
  scriptStackBytes: 256 * 2 ** 10,
  /** Of a result as JSON text, in UTF-16 units. */
  outputLength: 100_000,
  /**
   * Few operations are long without a step in between (a search in a long text). A worker that makes no step for this long is ended; nothing
   * else depends on time.
   */
  standstillMs: 3_000,
  /** Of the worker's own JavaScript. */
  workerMemoryMb: 192,
} as const;

export const tookTooLong = 'took too long';
export const tooMuchMemory = 'needed too much memory';
export const tooMuchOutput = 'gave too large a result';
export const tooDeep = 'went too deep';
