import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { SyncPagesEnvelope } from '../../../shared/core/envelope.ts';
import type { SyncQueue } from '../../../shared/core/ports.ts';
import { sampleId, sampleTenant } from '../../kit/sample-documents.ts';

export interface QueueHarness {
  readonly queue: SyncQueue;
  /** Takes every message that is visible now, as the host would deliver it (parsed JSON). */
  receive(): Promise<unknown[]>;
  /** What is in the poison queue. */
  poison(): Promise<unknown[]>;
}

export function syncQueueSuite(harness: () => QueueHarness): void {
  const envelope = (): SyncPagesEnvelope => ({
    kind: 'sync-pages',
    tenantId: sampleTenant(),
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    messageId: sampleId('message'),
    integrationId: sampleId('integration'),
    taskId: sampleId('task'),
    executionId: sampleId('execution'),
  });

  describe('sync queue', () => {
    test('delivers what was sent, and hides what is delayed', async () => {
      const { queue, receive } = harness();
      const now = envelope();
      await queue.send(envelope(), 3_600_000);
      await queue.send(now);
      const received = await receive();
      expect(received).toEqual([now]);
      expect(await queue.collect(received[0])).toEqual(now);
      expect(await receive()).toEqual([]);
    });

    test.each([['text'], [{ half: 'a message' }], [null]])('sets %j aside with its reason', async (delivered) => {
      const { queue, poison } = harness();
      await queue.setAside(delivered, 'it does not parse');
      expect(await poison()).toContainEqual({ delivered, reason: 'it does not parse' });
    });
  });
}
