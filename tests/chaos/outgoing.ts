import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type ApiClient, ApiProblem, createApiClient } from '../../local/start/api-client.ts';
import { buildApp } from '../../local/start/build-app.ts';
import { startTwin, type Twin } from '../../local/start/twin.ts';
import { dispatch } from '../../shared/contracts/dispatches.ts';
import { event } from '../../shared/contracts/events.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { subscription } from '../../shared/contracts/subscriptions.ts';
import {
  isSignedBy,
  type ReceivedMessage,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../kit/webhook-receiver.ts';
import { seededRandom } from './seeded-random.ts';

export interface OutgoingChaosResult {
  readonly events: number;
  readonly kills: number;
  /** Events that a receiver never got. */
  readonly lost: number;
  /** Posts beyond one for each event and receiver: after failures, as meant, and after kills. */
  readonly repeated: number;
  readonly unsigned: number;
  /** Posts that came after a later one of their order key. */
  readonly outOfOrder: number;
  /** Dispatches that did not end as delivered. */
  readonly undelivered: number;
  readonly seconds: number;
}

/** Attempts come soon and nobody is left alone, so that what takes time is the dying. */
const pace = {
  CASTIEL_HOST_QUEUE_LEASE_SECONDS: '2',
  CLOCK_SCHEDULE: '*/1 * * * * *',
  OUTGOING_SCHEDULE_MS: Array.from({ length: 20 }, (_, index) => (index === 0 ? 0 : 200)).join(','),
  OUTGOING_TIMEOUT_MS: '2000',
  OUTGOING_CIRCUIT_FAILURES: '1000',
  OUTGOING_SWEEP_MS: '2000',
};

/** One receiver that always takes what it gets, one that refuses every fifth message, one that does so and keeps an order. */
const paths = ['/steady', '/shaky', '/ordered'] as const;
const keys = 16;
const endsWithinMs = 300_000;

/** Publishes events, kills the app by SIGKILL meanwhile, and looks at what the receivers got. */
export async function killWhileDelivering(
  { events, kills }: { readonly events: number; readonly kills: number },
  seed: number,
  say: (message: string) => void,
): Promise<OutgoingChaosResult> {
  await buildApp();
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-chaos-'));
  const receiver = await startWebhookReceiver();
  const twin = await startTwin({ dataDir, crmArguments: [], appEnvironment: pace });
  try {
    const random = seededRandom(seed);
    for (const path of paths.slice(1)) receiver.answerAt(path, () => ({ status: random() < 0.2 ? 503 : 200 }));
    const token = await twin.identity.issueToken({ tenant: 'chaos', role: 'admin' });
    const client = createApiClient(() => twin.api(), { authorization: `Bearer ${token}` });
    const secrets = await subscribeAll(client, receiver);
    const startedMs = Date.now();
    const publishing = publishAll(client, events);
    const killing = killRepeatedly(twin, receiver, { events, kills }, random, say);
    const [ids] = await Promise.all([publishing, killing]);
    await untilEnded(client, receiver, ids, say);
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    return { events, kills, ...(await judge(client, receiver, ids, secrets)), seconds };
  } finally {
    await twin.close();
    await receiver.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function subscribeAll(client: ApiClient, receiver: WebhookReceiver): Promise<Map<string, string>> {
  const secrets = new Map<string, string>();
  for (const path of paths) {
    const order = path === '/ordered' ? { orderBy: 'subject' } : {};
    const body = { url: receiver.url(path), events: [{ type: 'activity.alert' }], ...order };
    const made = await client.call('POST', 'tenant/subscriptions', subscription.extend({ secret: z.string() }), body);
    secrets.set(path, made.secret);
  }
  return secrets;
}

/** One publisher a key, each of its events after the one before: their order is known. Returns the ids. */
async function publishAll(client: ApiClient, events: number): Promise<string[]> {
  const ids: string[] = [];
  const publishers = Array.from({ length: keys }, async (_, key) => {
    for (let count = key; count < events; count += keys) ids.push(await publish(client, key, count));
  });
  await Promise.all(publishers);
  return ids;
}

/** Under its own id until it is taken: the app may be dead, or die before it answers. */
async function publish(client: ApiClient, key: number, count: number): Promise<string> {
  const body = {
    id: `event-${count}`,
    type: 'activity.alert',
    subject: `key-${key}`,
    data: { severity: 'info', title: String(count) },
  };
  for (;;) {
    try {
      return (await client.call('POST', 'tenant/events', event, body)).id;
    } catch (error) {
      if (error instanceof ApiProblem && error.status < 500) throw error;
      await pause(100);
    }
  }
}

/** Each kill after some more posts, or after a while when there are none. */
async function killRepeatedly(
  twin: Twin,
  receiver: WebhookReceiver,
  { events, kills }: { readonly events: number; readonly kills: number },
  random: () => number,
  say: (message: string) => void,
): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    const target = postsAt(receiver) + Math.ceil((random() * 2 * events * paths.length) / (kills + 1));
    const deadline = Date.now() + 8_000;
    while (postsAt(receiver) < target && Date.now() < deadline) await pause(10);
    await twin.stopApp('SIGKILL');
    await twin.restartApp();
    say(`kill ${kill + 1} after ${postsAt(receiver)} posts`);
  }
}

function postsAt(receiver: WebhookReceiver): number {
  return paths.reduce((sum, path) => sum + receiver.receivedAt(path).length, 0);
}

async function untilEnded(
  client: ApiClient,
  receiver: WebhookReceiver,
  ids: readonly string[],
  say: (message: string) => void,
): Promise<void> {
  const deadline = Date.now() + endsWithinMs;
  while (Date.now() < deadline) {
    const waiting = await countDispatches(client, 'waiting');
    say(`${postsAt(receiver)} posts, ${waiting} dispatches or more wait`);
    if (waiting === 0 && paths.every((path) => lostAt(receiver.receivedAt(path), ids) === 0)) return;
    await pause(2000);
  }
}

/** At most a page of each subscription. */
async function countDispatches(client: ApiClient, state: string): Promise<number> {
  const { items } = await client.call('GET', 'tenant/subscriptions', pageOf(subscription));
  const pages = await Promise.all(
    items.map(({ id }) =>
      client.call('GET', `tenant/subscriptions/${id}/dispatches?limit=100&state=${state}`, pageOf(dispatch)),
    ),
  );
  return pages.reduce((sum, page) => sum + page.items.length, 0);
}

function lostAt(messages: readonly ReceivedMessage[], ids: readonly string[]): number {
  const arrived = new Set(messages.map(({ headers }) => headers['webhook-id']));
  return ids.filter((id) => !arrived.has(id)).length;
}

async function judge(
  client: ApiClient,
  receiver: WebhookReceiver,
  ids: readonly string[],
  secrets: ReadonlyMap<string, string>,
): Promise<Pick<OutgoingChaosResult, 'lost' | 'repeated' | 'unsigned' | 'outOfOrder' | 'undelivered'>> {
  let lost = 0;
  let unsigned = 0;
  for (const path of paths) {
    const messages = receiver.receivedAt(path);
    lost += lostAt(messages, ids);
    unsigned += messages.filter((message) => !isSignedBy(message, secrets.get(path) ?? '')).length;
  }
  return {
    lost,
    repeated: postsAt(receiver) - ids.length * paths.length,
    unsigned,
    outOfOrder: countOutOfOrder(receiver.receivedAt('/ordered')),
    undelivered: (await countDispatches(client, 'waiting')) + (await countDispatches(client, 'dead')),
  };
}

function countOutOfOrder(messages: readonly ReceivedMessage[]): number {
  const latest = new Map<string, number>();
  let count = 0;
  for (const { message } of messages) {
    const number = Number(message.data['title']);
    const key = String(number % keys);
    if (number < (latest.get(key) ?? 0)) count += 1;
    latest.set(key, Math.max(number, latest.get(key) ?? 0));
  }
  return count;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
