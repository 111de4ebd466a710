import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Container, CosmosClient } from '@azure/cosmos';
import { z } from 'zod';
import { createApiClient } from '../../local/start/api-client.ts';
import { buildApp } from '../../local/start/build-app.ts';
import { startTwin, type Twin } from '../../local/start/twin.ts';
import { seededRandom } from './seeded-random.ts';

export interface WebhookChaosResult {
  /** Requests that were answered with success, repeats among them. */
  readonly answered: number;
  /** Deliveries that differ. */
  readonly distinct: number;
  readonly stored: number;
  readonly kills: number;
  /** Deliveries that did not come to a good end. */
  readonly unprocessed: number;
  /** Records that do not show their newest version. */
  readonly lost: number;
  /** Deliveries that made more than one revision. */
  readonly doubled: number;
  /** Revisions that went back to an older version. */
  readonly disordered: number;
  readonly seconds: number;
}

const tenant = 'chaos';
const versionsOfRecord = 5;
const shareOfRepeats = 0.2;
const connections = 16;

/** Leases, watch and clock paced for processes that die every few seconds rather than once a month. */
const pace = {
  CASTIEL_HOST_QUEUE_LEASE_SECONDS: '2',
  CLOCK_SCHEDULE: '*/1 * * * * *',
  HEALTH_SCHEDULE: '*/2 * * * * *',
  ENGINE_LEASE_MS: '4000',
  ENGINE_WATCH_MS: '1000',
};

const withId = z.object({ id: z.string() });

/**
 * Sends shuffled deliveries about records in several versions, a fifth of them repeats, as a provider does: what is not answered well is sent again. The
 * app is killed with SIGKILL every few seconds meanwhile. Then compares what came of it with what was sent.
 */
export async function killWhileReceiving(
  { deliveries, kills }: { readonly deliveries: number; readonly kills: number },
  seed: number,
  say: (message: string) => void,
): Promise<WebhookChaosResult> {
  await buildApp();
  const dataDir = await mkdtemp(join(tmpdir(), 'castiel-chaos-'));
  const crmArguments = ['--companies', '0', '--contacts', '0', '--deals', '0'];
  const twin = await startTwin({ dataDir, crmArguments, appEnvironment: pace });
  const cosmos = new CosmosClient({ endpoint: twin.cosmos.endpoint, key: twin.cosmos.key });
  try {
    const random = seededRandom(seed);
    const sent = planDeliveries(deliveries, random);
    const startedAt = performance.now();
    const sender = await openSender(twin);
    const progress = { answered: 0 };
    const isFar = (kill: number) => progress.answered >= ((deliveries * kill) / (kills + 1)) * 0.9;
    await Promise.all([sendAll(sender, sent, progress, say), killRepeatedly(twin, { kills, random, isFar, say })]);
    const database = cosmos.database('castiel');
    await untilSettled(database.container('deliveries'), say);
    await tellReasons(database.container('deliveries'), say);
    const found = await compare(
      {
        deliveries: database.container('deliveries'),
        shards: database.container('shards'),
        journal: database.container('journal'),
      },
      sent,
    );
    return {
      answered: progress.answered,
      kills,
      ...found,
      seconds: Math.round((performance.now() - startedAt) / 1000),
    };
  } finally {
    cosmos.dispose();
    await twin.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Sent {
  /** Of the provider: the same for repeats. */
  readonly eventId: string;
  readonly record: string;
  readonly version: number;
}

function planDeliveries(count: number, random: () => number): Sent[] {
  const distinct = Math.ceil(count * (1 - shareOfRepeats));
  const once = Array.from({ length: distinct }, (_, index): Sent => {
    const record = `r${Math.floor(index / versionsOfRecord)}`;
    const version = (index % versionsOfRecord) + 1;
    return { eventId: `evt_${record}_${version}`, record, version };
  });
  const repeats = Array.from({ length: count - distinct }, () => once[Math.floor(random() * distinct)]);
  return shuffle([...once, ...repeats.flatMap((each) => each ?? [])], random);
}

function shuffle<T>(items: T[], random: () => number): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [left, right] = [items[last], items[other]];
    if (left !== undefined && right !== undefined) [items[last], items[other]] = [right, left];
  }
  return items;
}

type Sender = (delivery: Sent) => Promise<boolean>;

/** An integration of provider `webhook`, a task that takes its records, and who signs deliveries to it by Standard Webhooks. */
async function openSender(twin: Twin): Promise<Sender> {
  const token = await twin.identity.issueToken({ tenant, role: 'admin' });
  const client = createApiClient(() => twin.api(), { authorization: `Bearer ${token}` });
  const { id: integrationId } = await client.call('POST', 'tenant/integrations', withId, {
    provider: 'webhook',
    name: 'A shop',
    settings: { events: [{ object: 'people', itemsPath: 'person', versionField: 'version' }] },
  });
  const base = `tenant/integrations/${integrationId}`;
  const key = randomBytes(24);
  const secret = `whsec_${key.toString('base64')}`;
  await client.call('PUT', `${base}/webhook`, z.unknown(), { verification: { kind: 'standard-webhooks' }, secret });
  await client.call('POST', `${base}/tasks`, withId, {
    name: 'People',
    objects: [
      {
        object: 'people',
        shardTypeId: 'contact',
        fields: [{ to: 'name', from: 'name', transforms: [], required: true }],
      },
    ],
  });
  return async ({ eventId, record, version }) => {
    const body = JSON.stringify({ person: { id: record, version, name: `${record} v${version}` } });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', key).update(`${eventId}.${timestamp}.${body}`).digest('base64');
    const answer = await fetch(`${twin.api()}/webhooks/${integrationId}/${tenant}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': eventId,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
    });
    await answer.arrayBuffer();
    if (answer.status === 401 || answer.status === 400) throw new Error(`A delivery was refused: ${answer.status}`);
    return answer.ok;
  };
}

/** Counts those that were answered well, which are all in the end. */
async function sendAll(
  send: Sender,
  deliveries: readonly Sent[],
  progress: { answered: number },
  say: (message: string) => void,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let delivery = deliveries[next++]; delivery !== undefined; delivery = deliveries[next++]) {
      while (!(await send(delivery).catch(isRefused))) await pause(100);
      progress.answered += 1;
      if (progress.answered % 1000 === 0) say(`${progress.answered} answered`);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
}

/** A connection that broke is a delivery to be sent again. */
function isRefused(error: unknown): false {
  if (error instanceof Error && error.message.startsWith('A delivery was refused')) throw error;
  return false;
}

const longestLifeMs = 20_000;

/** The kills are spread over the sending: each comes a few seconds after the app was ready, and waits a while for as many answers as its number is due. */
async function killRepeatedly(
  twin: Twin,
  chaos: {
    readonly kills: number;
    readonly random: () => number;
    readonly isFar: (kill: number) => boolean;
    readonly say: (message: string) => void;
  },
): Promise<void> {
  for (let kill = 1; kill <= chaos.kills; kill += 1) {
    const deadline = Date.now() + longestLifeMs;
    await pause(1_000 + chaos.random() * 3_000);
    while (!chaos.isFar(kill) && Date.now() < deadline) await pause(50);
    await twin.stopApp('SIGKILL');
    await twin.restartApp();
    chaos.say(`kill ${kill}`);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits as long as deliveries come to an end. */
async function untilSettled(container: Container, say: (message: string) => void): Promise<void> {
  const standsStillAfterMs = 120_000;
  let left = Number.POSITIVE_INFINITY;
  for (let deadline = Date.now() + standsStillAfterMs; Date.now() < deadline; ) {
    const query = "SELECT VALUE COUNT(1) FROM c WHERE c.state IN ('received', 'processing', 'failed')";
    const open = (await container.items.query<number>(query, { partitionKey: [tenant] }).fetchAll()).resources[0] ?? 0;
    if (open === 0) return;
    if (open < left) deadline = Date.now() + standsStillAfterMs;
    left = open;
    say(`${open} are still to be processed`);
    await pause(2_000);
  }
}

/** What kept deliveries from a good end. */
async function tellReasons(container: Container, say: (message: string) => void): Promise<void> {
  const deliveries = await readAll<{ id: string; state: string; processing: { reason?: string } }>(container);
  for (const { id, state, processing } of deliveries) {
    if (state !== 'processed') say(`${id} is ${state}: ${processing.reason}`);
  }
}

interface StoredShard {
  readonly id: string;
  readonly revision: number;
  readonly data: { readonly name: string };
  readonly cause: { readonly id: string };
}

interface StoredImage {
  readonly shardId: string;
  readonly revision: number;
  readonly image: { readonly data: { readonly name: string }; readonly cause: { readonly id: string } };
}

async function compare(
  containers: { readonly deliveries: Container; readonly shards: Container; readonly journal: Container },
  sent: readonly Sent[],
): Promise<Omit<WebhookChaosResult, 'answered' | 'kills' | 'seconds'>> {
  const distinct = new Set(sent.map(({ eventId }) => eventId));
  const newest = new Map<string, number>();
  for (const { record, version } of sent) newest.set(record, Math.max(newest.get(record) ?? 0, version));
  const deliveries = await readAll<{ state: string }>(containers.deliveries);
  const shards = await readAll<StoredShard>(containers.shards);
  const images = Map.groupBy(await readAll<StoredImage>(containers.journal), ({ shardId }) => shardId);
  const shown = new Map(shards.map(({ data }) => [recordOf(data.name), versionOf(data.name)]));
  let doubled = Math.max(0, shards.length - newest.size);
  let disordered = 0;
  for (const shard of shards) {
    // A write that lost to another leaves an image of its own of the revision that both were about to replace.
    const before = new Map((images.get(shard.id) ?? []).map(({ revision, image }) => [revision, image]));
    const history = [...before].sort(([left], [right]) => left - right).map(([, image]) => image);
    const revisions = [...history, shard];
    if (revisions.length !== shard.revision) throw new Error(`The journal of ${shard.id} has gaps`);
    doubled += revisions.length - new Set(revisions.map(({ cause }) => cause.id)).size;
    const versions = revisions.map(({ data }) => versionOf(data.name));
    disordered += versions.filter((version, index) => version < (versions[index - 1] ?? 0)).length;
  }
  return {
    distinct: distinct.size,
    stored: deliveries.length,
    unprocessed: deliveries.filter(({ state }) => state !== 'processed').length,
    lost: [...newest].filter(([record, version]) => shown.get(record) !== version).length,
    doubled,
    disordered,
  };
}

async function readAll<T>(container: Container): Promise<T[]> {
  return (await container.items.query<T>('SELECT * FROM c', { partitionKey: [tenant] }).fetchAll()).resources;
}

function recordOf(name: string): string {
  return name.slice(0, name.indexOf(' '));
}

function versionOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('v') + 1));
}
