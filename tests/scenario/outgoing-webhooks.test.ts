import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiClient, createApiClient } from '../../local/start/api-client.ts';
import { dispatch, eventReplay } from '../../shared/contracts/dispatches.ts';
import { event } from '../../shared/contracts/events.ts';
import { pageOf } from '../../shared/contracts/page.ts';
import { subscription } from '../../shared/contracts/subscriptions.ts';
import { openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { sampleTenant } from '../kit/sample-documents.ts';
import { createTenant } from '../kit/tenant-on-twin.ts';
import {
  isSignedBy,
  type ReceivedMessage,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../kit/webhook-receiver.ts';

const withSecret = subscription.extend({ secret: z.string() });

/** The schedule in a minute; a receiver is left alone for half a second, and given up after six seconds of failures. */
const pace = {
  OUTGOING_SCHEDULE_MS: '0,300,600,900,1200,1500,1800,2000,2000,2000,2000,2000,2000',
  OUTGOING_TIMEOUT_MS: '1000',
  OUTGOING_SLOW_MS: '500',
  OUTGOING_CIRCUIT_FAILURES: '4',
  OUTGOING_CIRCUIT_OPEN_MS: '500',
  OUTGOING_CIRCUIT_MAX_OPEN_MS: '1000',
  OUTGOING_DISABLE_AFTER_MS: '6000',
  OUTGOING_SWEEP_MS: '2000',
};

/** A tenant that subscribes a path of the receiver and publishes events. */
interface Publisher {
  readonly tenantId: string;
  readonly client: ApiClient;
  subscribe(path: string, changes?: object): Promise<z.infer<typeof withSecret>>;
  publish(title: string, changes?: object): Promise<z.infer<typeof event>>;
  dispatches(subscriptionId: string, query?: string): Promise<z.infer<typeof dispatch>[]>;
  /** The subscription once it is as wanted. */
  until(
    subscriptionId: string,
    what: string,
    wanted: (shown: z.infer<typeof subscription>) => boolean,
  ): Promise<z.infer<typeof subscription>>;
}

describe('outgoing webhooks', () => {
  let room: RunningTwin;
  let receiver: WebhookReceiver;
  let published = 0;

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    room = await runTwin({ appEnvironment: pace });
  });

  afterAll(async () => {
    await room?.close();
    await receiver?.close();
  });

  const openPublisher = async (): Promise<Publisher> => {
    const tenantId = sampleTenant();
    const token = await room.twin.identity.issueToken({ tenant: tenantId, role: 'admin' });
    const client = createApiClient(() => room.twin.api(), { authorization: `Bearer ${token}` });
    return {
      tenantId,
      client,
      subscribe: (path, changes = {}) => {
        const body = { url: receiver.url(path), events: [{ type: '*' }], ...changes };
        return client.call('POST', 'tenant/subscriptions', withSecret, body);
      },
      publish: (title, changes = {}) => {
        published += 1;
        const body = {
          id: `event-${published}`,
          type: 'activity.alert',
          subject: 'project-1',
          data: { severity: 'info', title },
          ...changes,
        };
        return client.call('POST', 'tenant/events', event, body);
      },
      dispatches: async (id, query = '') =>
        (await client.call('GET', `tenant/subscriptions/${id}/dispatches?limit=100${query}`, pageOf(dispatch))).items,
      until: (id, what, wanted) =>
        pollUntil(what, async () => {
          const shown = await client.call('GET', `tenant/subscriptions/${id}`, subscription);
          return wanted(shown) ? shown : undefined;
        }),
    };
  };

  const received = (path: string, count: number): Promise<readonly ReceivedMessage[]> =>
    pollUntil(`${count} messages at ${path}`, () => {
      const messages = receiver.receivedAt(path);
      return messages.length >= count ? messages : undefined;
    });

  const ended = (publisher: Publisher, id: string, count = 1) =>
    pollUntil('The end of the dispatches', async () => {
      const all = await publisher.dispatches(id);
      return all.length >= count && all.every(({ state }) => state !== 'waiting') ? all : undefined;
    });

  describe.concurrent('of an app that runs', (it) => {
    it('bring an event, signed, to who subscribed, with every attempt to be seen', async () => {
      const publisher = await openPublisher();
      const { id, secret } = await publisher.subscribe('/plain');
      const told = await publisher.publish('Hello');
      const [message] = await received('/plain', 1);
      if (message === undefined) throw new Error('it came');
      expect(isSignedBy(message, secret)).toBe(true);
      expect(isSignedBy({ ...message, body: `${message.body} ` }, secret)).toBe(false);
      expect(message.message).toEqual({
        id: told.id,
        type: 'activity.alert',
        version: 1,
        timestamp: told.at,
        subject: 'project-1',
        data: { severity: 'info', title: 'Hello' },
      });
      const [shown] = await ended(publisher, id);
      expect(shown).toMatchObject({ eventId: told.id, state: 'delivered', attempts: [{ status: 200 }] });
    });

    it('bring the end of a run and the shards that it made', async () => {
      const crm = await openOwnCrm({ contacts: 3 });
      const tenant = await createTenant(room, { crm });
      const { integrationId } = tenant;
      const filters = ['sync.*', 'shard.created'].map((type) => ({ type, integrationId }));
      const body = { url: receiver.url('/run'), events: filters };
      const { secret } = await tenant.client.call('POST', 'tenant/subscriptions', withSecret, body);
      const run = await tenant.run();
      await crm.close();
      const messages = await received('/run', 4);
      const shards = messages.filter(({ message }) => message.type === 'shard.created');
      const made = await tenant.shards('contact');
      expect(made).toHaveLength(3);
      expect(new Set(shards.map(({ message }) => message.data['shardId']))).toEqual(new Set(made.map(({ id }) => id)));
      const message = messages.find((each) => each.message.type === 'sync.completed');
      expect(message?.message).toMatchObject({
        type: 'sync.completed',
        data: { taskId: tenant.taskId, state: run.state },
      });
      expect(message !== undefined && isSignedBy(message, secret)).toBe(true);
    });

    it('repeat what failed under the same id, and wait for as long as they are asked', async () => {
      const publisher = await openPublisher();
      const { id, secret } = await publisher.subscribe('/shaky');
      receiver.answerAt('/shaky', () => {
        const count = receiver.receivedAt('/shaky').length;
        if (count === 1) return { status: 500 };
        return count === 2 ? { status: 429, headers: { 'retry-after': '3' } } : { status: 204 };
      });
      await publisher.publish('Third time lucky');
      const messages = await received('/shaky', 3);
      expect(new Set(messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      for (const message of messages) expect(isSignedBy(message, secret)).toBe(true);
      expect((messages[2]?.atMs ?? 0) - (messages[1]?.atMs ?? 0)).toBeGreaterThanOrEqual(3000);
      const [shown] = await ended(publisher, id);
      expect(shown?.attempts.map(({ status }) => status)).toEqual([500, 429, 204]);
      expect(shown?.attempts[0]).toMatchObject({ outcome: 'refused', excerpt: 'answered 500' });
    });

    it('follow no redirect and do not wait for a receiver that is slow', async () => {
      const publisher = await openPublisher();
      const { id } = await publisher.subscribe('/moved');
      receiver.answerAt('/moved', () => {
        const count = receiver.receivedAt('/moved').length;
        if (count === 1) return { status: 307, headers: { location: receiver.url('/trap') } };
        return count === 2 ? () => undefined : { status: 200 };
      });
      await publisher.publish('Moved');
      await received('/moved', 3);
      const [shown] = await ended(publisher, id);
      expect(shown?.attempts).toMatchObject([
        { status: 307, problem: expect.stringContaining('redirects are not followed') },
        { outcome: 'failed', problem: expect.stringContaining('no complete answer') },
        { status: 200 },
      ]);
      expect(receiver.receivedAt('/trap')).toEqual([]);
      // It was slow: from then on what is sent to it goes by a queue of its own kind.
      const noted = room.database.container('config').item(`endpoint:${id}`, publisher.tenantId);
      expect((await noted.read<{ slowUntil?: string }>()).resource?.slowUntil).toBeDefined();
    });

    it('end with 410', async () => {
      const publisher = await openPublisher();
      const { id } = await publisher.subscribe('/gone');
      receiver.answerAt('/gone', () => ({ status: 410 }));
      await publisher.publish('Anybody there?');
      const shown = await publisher.until(id, 'The end of the subscription', ({ enabled }) => !enabled);
      expect(shown.disabled).toMatchObject({ reason: 'gone' });
      const told = () => publisher.client.call('GET', 'tenant/events?type=subscription.disabled', pageOf(event));
      const items = await pollUntil('The notice', async () => {
        const page = await told();
        return page.items.length > 0 ? page.items : undefined;
      });
      expect(items).toMatchObject([{ subject: id, data: { reason: 'gone' } }]);
      expect(receiver.receivedAt('/gone')).toHaveLength(1);
    });

    it('leave a receiver alone that keeps failing, end at last, and go on when it is enabled again', async () => {
      const publisher = await openPublisher();
      const { id } = await publisher.subscribe('/down');
      receiver.answerAt('/down', () => ({ status: 503 }));
      await publisher.publish('One');
      const failing = await publisher.until(id, 'The open circuit', ({ health }) => health.circuit !== 'closed');
      expect(failing.health.consecutiveFailures).toBeGreaterThanOrEqual(4);
      const ending = await publisher.until(id, 'The end of the subscription', ({ enabled }) => !enabled);
      expect(ending.disabled).toMatchObject({ reason: 'failing', detail: expect.stringContaining('503') });
      receiver.answerAt('/down', () => ({ status: 200 }));
      const path = `tenant/subscriptions/${id}`;
      const enabled = await publisher.client.call('PATCH', path, subscription, { enabled: true });
      expect(enabled).toMatchObject({ enabled: true, health: { circuit: 'closed', consecutiveFailures: 0 } });
      const since = new Date(Date.parse(failing.createdAt) - 1000).toISOString();
      const replay = await publisher.client.call('POST', `${path}/replays`, eventReplay, { since, type: 'activity.*' });
      const done = await pollUntil('The end of the replay', async () => {
        const shown = await publisher.client.call('GET', `${path}/replays/${replay.id}`, eventReplay);
        return shown.state === 'done' ? shown : undefined;
      });
      expect(done.dispatched).toBe(1);
      const replayed = await pollUntil('The replayed dispatch', async () => {
        const [first] = await publisher.dispatches(id, `&replayId=${replay.id}`);
        return first?.state === 'delivered' ? first : undefined;
      });
      expect(replayed.attempts).toMatchObject([{ status: 200 }]);
    });

    it('sign with both secrets while one is rotated', async () => {
      const publisher = await openPublisher();
      const { id, secret: old } = await publisher.subscribe('/rotated');
      const path = `tenant/subscriptions/${id}`;
      const rotate = (overlapSeconds: number) =>
        publisher.client.call('POST', `${path}/rotate-secret`, withSecret, { overlapSeconds });
      const { secret: fresh } = await rotate(3600);
      await publisher.publish('During');
      const [during] = await received('/rotated', 1);
      if (during === undefined) throw new Error('it came');
      expect([isSignedBy(during, old), isSignedBy(during, fresh)]).toEqual([true, true]);
      const { secret: last } = await rotate(0);
      await publisher.publish('After');
      const [, after] = await received('/rotated', 2);
      if (after === undefined) throw new Error('it came');
      expect([old, fresh, last].map((secret) => isSignedBy(after, secret))).toEqual([false, false, true]);
    });

    it('keep the order of a key while other keys go on', async () => {
      const publisher = await openPublisher();
      const { id } = await publisher.subscribe('/ordered', { orderBy: 'data.projectId' });
      const titles = (key: string) =>
        receiver
          .receivedAt('/ordered')
          .map(({ message }) => String(message.data['title']))
          .filter((title) => title.startsWith(key));
      receiver.answerAt('/ordered', ({ message }) => {
        const isFirst = message.data['title'] === 'a1';
        return isFirst && titles('a1').length < 3 ? { status: 500 } : { status: 200 };
      });
      for (const title of ['a1', 'b1', 'a2', 'b2', 'a3']) {
        await publisher.publish(title, { data: { severity: 'info', title, projectId: title.slice(0, 1) } });
      }
      await ended(publisher, id, 5);
      expect(titles('a')).toEqual(['a1', 'a1', 'a1', 'a2', 'a3']);
      expect(titles('b')).toEqual(['b1', 'b2']);
    });

    it('send a test at once, and one dispatch again', async () => {
      const publisher = await openPublisher();
      const { id, secret } = await publisher.subscribe('/tested', { events: [{ type: 'project.*' }], enabled: false });
      const path = `tenant/subscriptions/${id}`;
      const tested = await publisher.client.call('POST', `${path}/test`, dispatch);
      expect(tested).toMatchObject({ state: 'delivered', test: true, attempts: [{ status: 200 }] });
      const [message] = receiver.receivedAt('/tested');
      expect(message !== undefined && isSignedBy(message, secret)).toBe(true);
      await publisher.client.call('PATCH', path, subscription, { enabled: true });
      const again = await publisher.client.call('POST', `${path}/dispatches/${tested.id}/replay`, dispatch);
      expect(again).toMatchObject({ replayOf: tested.id, state: 'waiting' });
      const [first, second] = await received('/tested', 2);
      expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    });
  });

  it('come through when the app is killed in the midst of it', async () => {
    const publisher = await openPublisher();
    const { id, secret } = await publisher.subscribe('/killed');
    const ids: string[] = [];
    receiver.answerAt('/killed', () => {
      const fails = receiver.receivedAt('/killed').length % 3 === 0;
      return { status: fails ? 503 : 200 };
    });
    for (let count = 0; count < 12; count += 1) ids.push((await publisher.publish(`Event ${count}`)).id);
    await received('/killed', 2);
    await room.twin.stopApp('SIGKILL');
    await room.twin.restartApp();
    const all = await ended(publisher, id, 12);
    expect(all.map(({ state }) => state)).toEqual(Array(12).fill('delivered'));
    const messages = receiver.receivedAt('/killed');
    for (const message of messages) expect(isSignedBy(message, secret)).toBe(true);
    expect(new Set(messages.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(ids));
  });
});
