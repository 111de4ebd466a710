import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { SyncPagesEnvelope } from '../../../shared/core/envelope.ts';
import type { WorkQueue } from '../../../shared/core/ports.ts';
import { pollUntil } from '../../kit/poll-until.ts';
import { sampleId, sampleTenant } from '../../kit/sample-documents.ts';

export interface QueueHarness {
  readonly queue: WorkQueue<SyncPagesEnvelope>;
  /** Takes every message that is visible now, as the host would deliver it (parsed JSON). */
  receive(): Promise<unknown[]>;
  /** Lets time pass on the queue's own clock. */
  advance(ms: number): void;
  /** What is in the poison queue. */
  poison(): Promise<unknown[]>;
}

export function workQueueSuite(harness: () => QueueHarness): void {
  const envelope = (): SyncPagesEnvelope => ({
    kind: 'sync-pages',
    tenantId: sampleTenant(),
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    messageId: sampleId('message'),
    integrationId: sampleId('integration'),
    taskId: sampleId('task'),
    executionId: sampleId('execution'),
  });

  describe('work queue', () => {
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

    test('is measured: what is in it, how long the oldest waits, and what was set aside', async () => {
      const { queue, advance } = harness();
      expect(await queue.measure()).toEqual({ depth: 0, poison: 0 });
      await queue.send(envelope(), 3_600_000);
      advance(600_000);
      expect(await queue.measure()).toEqual({ depth: 1, poison: 0 });
      await queue.send(envelope());
      advance(660_000);
      await queue.setAside('text', 'it does not parse');
      const { oldestMs = 0, ...counts } = await queue.measure();
      expect(counts).toEqual({ depth: 2, poison: 1 });
      expect(oldestMs).toBeGreaterThanOrEqual(660_000);
    });

    test('a delayed message waits only from when it is due, however long ago it was sent', async () => {
      const { queue, advance } = harness();
      advance(3_600_000);
      await queue.send(envelope(), 1000);
      advance(1000);
      const waits = () => queue.measure().then(({ oldestMs }) => oldestMs);
      expect(await pollUntil('The delayed message', waits)).toBeLessThan(3_600_000);
    });

    test('what was due before is not due any more when it is sent on', async () => {
      const { queue, advance } = harness();
      await queue.send({ ...envelope(), dueAt: '2031-01-01T00:00:00.000Z' });
      advance(3_600_000);
      expect((await queue.measure()).oldestMs).toBeGreaterThanOrEqual(3_600_000);
    });

    test.each([['text'], [{ half: 'a message' }], [null]])('sets %j aside with its reason', async (delivered) => {
      const { queue, poison } = harness();
      await queue.setAside(delivered, 'it does not parse');
      expect(await poison()).toContainEqual({ delivered, reason: 'it does not parse' });
    });
  });
}
