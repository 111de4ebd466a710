import { afterAll, beforeAll, describe } from 'vitest';
import { collectionSuite } from './collection-suite.ts';
import { corruptionSuite } from './corruption-suite.ts';
import { startCosmosHarness } from './cosmos-harness.ts';
import { dueStoreSuite } from './due-store-suite.ts';
import { executionStoreSuite } from './execution-store-suite.ts';
import { listingSuite } from './listing-suite.ts';
import type { StoreHarness } from './port-harness.ts';

describe('cosmos', () => {
  let harness: StoreHarness;
  beforeAll(async () => {
    harness = await startCosmosHarness();
  });
  afterAll(() => harness.close());

  collectionSuite(() => harness);
  listingSuite(() => harness);
  corruptionSuite(() => harness);
  executionStoreSuite(() => harness);
  dueStoreSuite(() => harness);
});
