import { describe, expect, it } from 'vitest';
import { createIntake } from '../../../../kit/webhooks/intake-world.ts';
import { named } from '../../../../kit/webhooks/signed-requests.ts';

const github = named('GitHub');
const minuteMs = 60_000;

describe('what is the same delivery', () => {
  it('an event id that is signed holds as long as deliveries are kept, whatever the body says', async () => {
    const { deps, send, stored } = await createIntake(named('Standard Webhooks v1'));
    await send();
    deps.clock.advance(29 * 1440 * minuteMs);
    expect((await send({ body: '{"action":"closed"}' })).status).toBe(200);
    expect(stored().length).toBe(1);
  });

  it('without one the content holds for its window, counted from the first', async () => {
    const sender = named('a shared header');
    const { deps, send, stored } = await createIntake(sender);
    const hours = async (count: number) => {
      deps.clock.advance(count * 60 * minuteMs);
      return [(await send()).status, stored().length];
    };
    expect(await hours(0)).toEqual([202, 1]);
    expect(await hours(23)).toEqual([200, 1]);
    expect(await hours(2)).toEqual([202, 2]);
    expect(await hours(22)).toEqual([200, 2]);
    expect(await hours(48)).toEqual([202, 3]);
    // The next window has begun, but the last one was two hours ago.
    expect(await hours(2)).toEqual([200, 3]);
  });

  it('the same content signed at another time is another delivery', async () => {
    const slack = named('Slack');
    const { deps, send, stored } = await createIntake(slack);
    const body = '{"type":"app_rate_limited"}';
    expect((await send({ body })).status).toBe(202);
    expect((await send({ body })).status).toBe(200);
    deps.clock.advance(minuteMs);
    expect((await send({ body })).status).toBe(202);
    expect(stored().map(({ identity }) => identity)).toEqual(['content', 'content']);
  });

  it('the field or header that the settings name, and the content where it is missing', async () => {
    const sender = named('a shared header');
    const { send, stored } = await createIntake(sender, {}, { identity: { by: 'body', path: 'meta.id' } });
    await send({ body: '{"meta":{"id":1},"a":1}' });
    await send({ body: '{"meta":{"id":1},"a":2}' });
    await send({ body: '{"a":3}' });
    await send({ body: '{"a":3}' });
    expect(stored().map(({ eventId, identity }) => [identity, eventId])).toEqual([
      ['event-id', '1'],
      ['content', undefined],
    ]);
  });

  it('nothing, where a notification without an id stands for another change each time', async () => {
    const graph = named('Microsoft Graph');
    const { send, stored } = await createIntake(graph);
    const body = JSON.stringify({ value: [{ subscriptionId: 's', clientState: graph.secret, resource: 'drives/1' }] });
    expect([(await send({ body })).status, (await send({ body })).status]).toEqual([202, 202]);
    expect(new Set(stored().map(({ id }) => id)).size).toBe(2);
  });

  it("HubSpot's events, in any order and at any try", async () => {
    const { send, stored } = await createIntake(named('HubSpot v3'));
    const event = (eventId: number, attemptNumber: number) => ({
      portalId: 1,
      subscriptionId: 2,
      eventId,
      objectId: 3,
      occurredAt: 4,
      attemptNumber,
    });
    await send({ body: JSON.stringify([event(1, 0), event(2, 0)]) });
    expect((await send({ body: JSON.stringify([event(2, 1), event(1, 1)]) })).status).toBe(200);
    expect((await send({ body: JSON.stringify([event(2, 1)]) })).status).toBe(202);
    expect(stored().length).toBe(2);
  });

  it('never that of another integration', async () => {
    const one = await createIntake(github);
    const other = await createIntake(github);
    await one.send();
    await other.send();
    expect(one.stored()[0]?.id).not.toBe(other.stored()[0]?.id);
  });
});
