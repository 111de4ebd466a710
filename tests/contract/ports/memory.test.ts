import { randomBytes } from 'node:crypto';
import { beforeEach, describe } from 'vitest';
import { createMemoryDeps, type MemoryDeps } from '../../kit/memory-ports.ts';
import { collectionSuite } from './collection-suite.ts';
import { corruptionSuite } from './corruption-suite.ts';
import { dueStoreSuite } from './due-store-suite.ts';
import { executionStoreSuite } from './execution-store-suite.ts';
import { listingSuite } from './listing-suite.ts';
import type { StoreHarness } from './port-harness.ts';
import { raceSuite } from './race-suite.ts';
import { secretStoreSuite } from './secret-store-suite.ts';
import { workQueueSuite } from './work-queue-suite.ts';

describe('memory', () => {
  let deps: MemoryDeps;
  let harness: StoreHarness;

  beforeEach(() => {
    deps = createMemoryDeps({ seed: randomBytes(4).readUInt32LE() });
    harness = {
      stores: deps,
      rivals: [deps],
      plant: async (container, raw) => {
        if (container === 'shards') deps.shards.plant(raw.tenantId, raw);
        else if (container === 'links') deps.links.plant(raw.tenantId, raw);
        else throw new Error(`No test plants into ${container}`);
      },
      alerts: () => deps.log.alerts.length,
      close: async () => undefined,
    };
  });

  collectionSuite(() => harness);
  listingSuite(() => harness);
  corruptionSuite(() => harness);
  executionStoreSuite(() => harness);
  dueStoreSuite(() => harness);
  raceSuite(() => harness);
  secretStoreSuite(() => deps.secrets);
  workQueueSuite(() => ({
    queue: deps.syncQueue,
    receive: async () => {
      const received: unknown[] = [];
      for (let next = deps.syncQueue.receive(); next !== undefined; next = deps.syncQueue.receive()) {
        next.complete();
        received.push(next.envelope);
      }
      return received;
    },
    advance: (ms) => deps.clock.advance(ms),
    poison: async () => deps.syncQueue.poison,
  }));
});
