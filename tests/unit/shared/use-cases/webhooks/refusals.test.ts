import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../../shared/core/app-error.ts';
import {
  mergeRefusals,
  noRefusals,
  otherReasons,
  recordRefusal,
} from '../../../../../shared/core/webhooks/refusal-record.ts';
import { deleteIntegration } from '../../../../../shared/use-cases/delete-integration.ts';
import { getWebhookRefusals } from '../../../../../shared/use-cases/webhooks/get-webhook-refusals.ts';
import { sampleId } from '../../../../kit/sample-documents.ts';
import { createIntake, type IntakeWorld } from '../../../../kit/webhooks/intake-world.ts';
import { named } from '../../../../kit/webhooks/signed-requests.ts';

const github = named('GitHub');
const parts = { query: undefined, body: undefined, ifMatch: undefined };

const inputOf = ({ deps }: IntakeWorld, integrationId: string) => ({
  ...parts,
  params: { integrationId },
  attempt: { at: deps.now(), repeated: false },
});

async function shown(world: IntakeWorld) {
  await world.deps.storeRefusals();
  const { deps, scope, integrationId } = world;
  return (await getWebhookRefusals(deps, scope, inputOf(world, integrationId))).body;
}

describe('refused webhooks', () => {
  it('are told with day, reason and samples that hold no value of the sender', async () => {
    const world = await createIntake(github);
    await world.send({ secret: 'wrong' });
    await world.send({ secret: 'wrong', headers: { 'x-forwarded-for': '6.6.6.6, 192.0.2.9', 'x-mine': 'S3CR3T' } });
    await world.send({ headers: { 'x-hub-signature-256': undefined } });
    await world.send({ method: 'GET' });
    await world.send({ body: '{"never' });
    const body = await shown(world);
    expect(body).toMatchObject({
      integrationId: world.integrationId,
      days: [
        {
          day: '2030-01-01',
          count: 5,
          reasons: [
            { reason: 'the signature does not fit', count: 2 },
            { reason: 'the header x-hub-signature-256 is missing', count: 1 },
            { reason: 'it is no handshake', count: 1 },
            { reason: 'the body must be valid JSON', count: 1 },
          ],
        },
      ],
    });
    expect(body.recent).toHaveLength(5);
    const withAddress = body.recent.find(({ sourceAddress }) => sourceAddress !== undefined);
    expect(withAddress).toEqual({
      at: '2030-01-01T00:00:00.000Z',
      reason: 'the signature does not fit',
      method: 'POST',
      sourceAddress: '192.0.2.9',
      headers: [
        'content-type',
        'x-hub-signature-256',
        'x-github-delivery',
        'x-github-event',
        'x-forwarded-for',
        'x-mine',
      ],
      bytes: expect.any(Number),
    });
    expect(JSON.stringify(world.deps.webhookRefusals.all())).not.toMatch(/S3CR3T|never|sha256=|72d3162e/);
  });

  it('are told of an integration that is disabled or takes none, and add up over days and processes', async () => {
    const world = await createIntake(github);
    const { deps, scope, integrationId } = world;
    const stored = await deps.integrations.get(scope, { id: integrationId });
    if (stored === undefined) throw new Error('There is an integration');
    const put = (change: object) =>
      deps.integrations.write(scope, { kind: 'upsert', document: { ...stored.document, ...change } });
    await put({ enabled: false });
    await world.send();
    await deps.storeRefusals();
    deps.clock.advance(86_400_000);
    await put({ webhook: undefined });
    await world.send();
    await put({ webhook: undefined, enabled: false });
    await world.send();
    expect((await shown(world)).days.map(({ day, reasons }) => [day, ...reasons])).toEqual([
      ['2030-01-02', { reason: 'the integration takes no webhooks', count: 2 }],
      ['2030-01-01', { reason: 'the integration is disabled', count: 1 }],
    ]);
  });

  it('of an integration that there is not leave no trace, nor do any after it was deleted', async () => {
    const world = await createIntake(github);
    const { deps, scope, integrationId } = world;
    for (const integration of [sampleId('integration'), 'x', '__proto__'])
      await world.send({ integrationId: integration });
    await world.send({ tenantId: 'other' });
    await deps.storeRefusals();
    expect(deps.webhookRefusals.all()).toEqual([]);
    await world.send({ secret: 'wrong' });
    await deps.storeRefusals();
    await world.send({ secret: 'wrong' });
    await deleteIntegration(deps, scope, { ...inputOf(world, integrationId), body: undefined });
    await deps.storeRefusals();
    expect(deps.webhookRefusals.all()).toEqual([]);
    await expect(getWebhookRefusals(deps, scope, inputOf(world, integrationId))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('are another tenant’s business', async () => {
    const world = await createIntake(github);
    await world.send({ secret: 'wrong' });
    await world.deps.storeRefusals();
    const other = { ...world.scope, tenantId: 'other' };
    await expect(getWebhookRefusals(world.deps, other, inputOf(world, world.integrationId))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('cost the answer no write, and a flood is one write of bounded size', async () => {
    const world = await createIntake(github);
    const { deps } = world;
    const writes: string[] = [];
    deps.faults.onOperation = ({ port, verb }) => {
      if (verb !== 'get') writes.push(`${port} ${verb}`);
    };
    const headers = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`x-${'a'.repeat(80)}${index}`, 'x']));
    for (let sent = 0; sent < 2_000; sent += 1) await world.send({ secret: `wrong${sent}`, headers });
    await world.send({ headers: { ...headers, 'x-hub-signature-256': undefined } });
    expect(writes).toEqual([]);
    await deps.storeRefusals();
    expect(writes).toEqual(['webhookRefusals create']);
    const body = await shown(world);
    expect(body.days[0]?.count).toBe(2_001);
    // The flood has not driven out the sample of another reason.
    expect(new Set(body.recent.map(({ reason }) => reason)).size).toBe(2);
    expect(body.recent.length).toBe(6);
    expect(JSON.stringify(deps.webhookRefusals.all()).length).toBeLessThan(40_000);
    expect(writes).toHaveLength(1);
  });

  it('that cannot be written down yet are written later, and none is counted twice', async () => {
    const world = await createIntake(github);
    const { deps } = world;
    await world.send({ secret: 'wrong' });
    deps.faults.onOperation = ({ port }) => {
      if (port === 'webhookRefusals') throw new AppError('unavailable');
    };
    await deps.storeRefusals();
    deps.faults.onOperation = undefined;
    expect(deps.webhookRefusals.all()).toEqual([]);
    await world.send({ secret: 'wrong' });
    await deps.storeRefusals();
    await deps.storeRefusals();
    expect((await shown(world)).days[0]?.count).toBe(2);
  });
});

describe('what is kept of refusals', () => {
  const refusal = (at: string, reason: string) => recordRefusal({ at, reason, method: 'POST', headers: [], bytes: 0 });

  it('is bounded in days, reasons and samples', () => {
    let record = noRefusals;
    for (let day = 1; day <= 28; day += 1) {
      const date = `2030-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
      for (let reason = 0; reason < 50; reason += 1) record = mergeRefusals(record, refusal(date, `reason ${reason}`));
    }
    expect(Object.keys(record.days)).toHaveLength(14);
    expect(Object.keys(record.days)[0]).toBe('2030-01-15');
    for (const counts of Object.values(record.days)) {
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(50);
      expect(Object.keys(counts).length).toBeLessThanOrEqual(21);
      expect(counts[otherReasons]).toBe(30);
    }
    expect(record.recent).toHaveLength(40);
    expect(record.recent[0]?.at).toBe('2030-01-28T00:00:00.000Z');
  });
});
