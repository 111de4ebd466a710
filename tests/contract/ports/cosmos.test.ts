import { afterAll, beforeAll, describe } from 'vitest';
import { collectionSuite } from './collection-suite.ts';
import { corruptionSuite } from './corruption-suite.ts';
import { type Reads, startCosmosHarness } from './cosmos-harness.ts';
import { dueStoreSuite } from './due-store-suite.ts';
import { executionStoreSuite } from './execution-store-suite.ts';
import { listingSuite } from './listing-suite.ts';
import type { StoreHarness } from './port-harness.ts';
import { raceSuite } from './race-suite.ts';

function useHarness(reads: Reads): () => StoreHarness {
  let harness: StoreHarness | undefined;
  beforeAll(async () => {
    harness = await startCosmosHarness(reads);
  });
  afterAll(() => harness?.close());
  return () => {
    if (harness === undefined) throw new Error('The harness is made before all tests');
    return harness;
  };
}

const oneHourMs = 3_600_000;

/** The product insists on strong reads; that it works in one session of an account whose reads lag shows what it relies on. */
describe.each([
  ['whose reads are strong', {}],
  ['whose reads lag, in one session', { staleReadLagMs: oneHourMs, inSession: true }],
])('cosmos %s', (_, reads) => {
  const harness = useHarness(reads);
  collectionSuite(harness);
  listingSuite(harness);
  corruptionSuite(harness);
  executionStoreSuite(harness);
  dueStoreSuite(harness);
  raceSuite(harness);
});

/** Without a session a client need not see its own writes, so the other suites cannot hold; who wins a race must not depend on it. */
describe('cosmos whose reads lag, without a session', () => {
  raceSuite(useHarness({ staleReadLagMs: 100 }));
});
