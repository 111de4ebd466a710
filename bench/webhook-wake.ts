import { QueueServiceClient } from '@azure/storage-queue';
import type { Twin } from '../local/start/twin.ts';
import { collections } from '../shared/azure/collections.ts';
import { openCosmos } from '../shared/azure/cosmos-client.ts';
import { CosmosCollection } from '../shared/azure/cosmos-collection.ts';
import type { DeliveryDocument } from '../shared/core/documents/delivery.ts';
import type { Collection } from '../shared/core/ports.ts';
import { answerWebhook } from '../shared/use-cases/webhooks/answer-webhook.ts';
import { createIntake, incomingOf } from '../tests/kit/webhooks/intake-world.ts';
import { named } from '../tests/kit/webhooks/signed-requests.ts';
import { median, note, percentile, round } from './report.ts';

const callers = 64;
const deliveries = 2_000;
const rounds = 3;
const sender = named('Standard Webhooks v1');

interface WakeFigures {
  readonly storedPerSecond: number;
  readonly p95Ms: number;
}

/**
 * What it costs the sender's answer to wake the processing: nothing but the delivery's write, which the change feed tells of, or one queue message
 * besides. The road of a webhook in this process, on the twin's Cosmos DB and queues, 64 callers at once, in turns; medians.
 */
export async function measureWake(twin: Twin): Promise<Readonly<Record<string, unknown>>> {
  const { endpoint, key } = twin.cosmos;
  const open = openCosmos({ endpoint, key, database: 'castiel', createContainers: false }, async () => {
    throw new Error('A key is given: no identity is needed');
  });
  const world = await createIntake(sender, { now: new Date().toISOString(), seed: Date.now() });
  const tools = { open, log: world.deps.log, random: Math.random };
  const store = new CosmosCollection(collections.deliveries, tools);
  const queue = QueueServiceClient.fromConnectionString(twin.azurite.connectionString).getQueueClient('bench-wake');
  await queue.createIfNotExists();
  const queued = withMessage(store, async (id) => {
    await queue.sendMessage(Buffer.from(JSON.stringify({ kind: 'delivery', id })).toString('base64'));
  });
  const changeFeed: WakeFigures[] = [];
  const queueMessage: WakeFigures[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    changeFeed.push(await send(world, store));
    queueMessage.push(await send(world, queued));
    note(
      `wake: ${changeFeed.at(-1)?.storedPerSecond} stored/s, with a message each ${queueMessage.at(-1)?.storedPerSecond}`,
    );
    await queue.clearMessages();
  }
  const figures = (rows: readonly WakeFigures[]): WakeFigures => ({
    storedPerSecond: median(rows.slice(1).map(({ storedPerSecond }) => storedPerSecond)),
    p95Ms: median(rows.slice(1).map(({ p95Ms }) => p95Ms)),
  });
  const [feed, message] = [figures(changeFeed), figures(queueMessage)];
  return { changeFeed: feed, queueMessage: message, ratio: round(feed.storedPerSecond / message.storedPerSecond, 2) };
}

function withMessage(
  store: Collection<DeliveryDocument>,
  wake: (id: string) => Promise<void>,
): Pick<Collection<DeliveryDocument>, 'write' | 'get'> {
  return {
    get: (scope, key) => store.get(scope, key),
    write: async (scope, write) => {
      const result = await store.write(scope, write);
      if (result.ok) await wake(write.document.id);
      return result;
    },
  };
}

let sent = 0;

async function send(
  { deps, integrationId, scope }: Awaited<ReturnType<typeof createIntake>>,
  store: Pick<Collection<DeliveryDocument>, 'write' | 'get'>,
): Promise<WakeFigures> {
  const all = { ...deps, deliveries: store as Collection<DeliveryDocument> };
  const target = { integrationId, tenantId: scope.tenantId };
  const url = `https://hooks.example/api/webhooks/${integrationId}/${scope.tenantId}`;
  const latencies: number[] = [];
  let left = deliveries;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      sent += 1;
      const { secret } = sender;
      const body = sender.body(sent, secret);
      const signed = sender.request({ body, url, nowMs: deps.clock.nowMs(), secret, number: sent });
      const startedAt = performance.now();
      const { status } = await answerWebhook(
        async () => all,
        'POST',
        incomingOf(signed, target),
        () => undefined,
      );
      if (status !== 202) throw new Error(`A delivery was answered ${status}`);
      latencies.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  return { storedPerSecond: round(deliveries / seconds, 0), p95Ms: round(percentile(latencies, 0.95), 1) };
}
