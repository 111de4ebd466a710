import { describe, expect, it, test } from 'vitest';
import { webhookVerification } from '../../../../../shared/contracts/webhooks.ts';
import { AppError } from '../../../../../shared/core/app-error.ts';
import { sampleId } from '../../../../kit/sample-documents.ts';
import { createIntake, type IntakeWorld, type SendChange } from '../../../../kit/webhooks/intake-world.ts';
import { named, type Sender, senders } from '../../../../kit/webhooks/signed-requests.ts';

const github = named('GitHub');
describe.each(senders)('$name', (sender) => {
  it('is stored before the answer, and a repeat changes nothing', async () => {
    const { deps, send, stored } = await createIntake(sender);
    const first = await send();
    expect([first.status, stored().length]).toEqual([sender.name === 'Salesforce' ? 200 : 202, 1]);
    const [delivery] = stored();
    expect(delivery).toMatchObject({
      tenantId: 'acme',
      state: 'received',
      receivedAt: deps.now().toISOString(),
      verification: { kind: sender.verification.kind, secret: 'current' },
    });
    expect((await send()).status).toBe(200);
    expect(stored()).toEqual([delivery]);
    await send({ number: 2 });
    expect(stored().length).toBe(2);
  });

  it('leaves no secret in what is stored', async () => {
    const { send, stored } = await createIntake(sender);
    await send();
    const text = JSON.stringify(stored());
    expect(text).not.toContain(sender.secret);
    expect(text).not.toContain('LiveSession');
    for (const name of sender.proofs) {
      if (/signature|authorization|token|hmac/.test(name)) expect(stored()[0]?.request.headers[name]).toBe('••••');
    }
  });

  it('is answered just as any other refusal when it is wrong, unknown or switched off, and nothing is stored', async () => {
    const { send, stored, deps, scope, integrationId } = await createIntake(sender);
    const wrongs: SendChange[] = [
      { secret: sender.otherSecret },
      { integrationId: sampleId('integration') },
      { integrationId: 'x' },
      { tenantId: 'other' },
      { tenantId: '../acme' },
      { headers: Object.fromEntries(sender.proofs.map((name) => [name, undefined])), body: '{}', suffix: '' },
      { body: '{}', suffix: '', secret: sender.otherSecret },
      { body: '', secret: sender.otherSecret },
      { method: 'GET', secret: sender.otherSecret },
      { body: Uint8Array.from([0xff]), secret: sender.otherSecret },
    ];
    const seen = new Set<string>();
    await send({ number: 9 });
    await deps.deliveries.remove(scope, { id: stored()[0]?.id ?? '' });
    for (const wrong of wrongs) seen.add(await shape(send(wrong)));
    // Elsewhere, where this process is not told: it remembers for a second.
    const elapse = () => deps.clock.advance(1000);
    const stored0 = await deps.integrations.get(scope, { id: integrationId });
    if (stored0 === undefined) throw new Error('There is an integration');
    const off = { ...stored0.document, enabled: false };
    await deps.integrations.write(scope, { kind: 'upsert', document: off });
    elapse();
    seen.add(await shape(send()));
    const { webhook: _webhook, ...bare } = stored0.document;
    await deps.integrations.write(scope, { kind: 'upsert', document: bare });
    elapse();
    seen.add(await shape(send()));
    await deps.integrations.remove(scope, { id: integrationId });
    elapse();
    seen.add(await shape(send()));
    expect([...seen]).toHaveLength(1);
    expect([...seen][0]).toMatch(/^\[401,.*The delivery could not be verified/);
    expect(stored()).toEqual([]);
  });
});

/** An answer without what names the request. */
async function shape(answer: ReturnType<IntakeWorld['send']>): Promise<string> {
  const { status, headers, body } = await answer;
  const { requestId: _id, instance: _instance, ...problem } = JSON.parse(body ?? '{}') as Record<string, unknown>;
  return JSON.stringify([status, { ...headers, 'x-request-id': '' }, problem]);
}

describe('what a verified sender sends wrongly', () => {
  it.each([
    ['no JSON', '{"a":', {}, 400],
    ['bad UTF-8', Uint8Array.from([0x22, 0xff, 0x22]), {}, 400],
    ['too deep', `${'['.repeat(100)}${']'.repeat(100)}`, {}, 400],
    ['an image', 'x', { 'content-type': 'image/png' }, 415],
    ['compressed', '{}', { 'content-encoding': 'gzip' }, 415],
    ['too large, as it says', '{}', { 'content-length': '1048577' }, 413],
    ['too large', `"${'x'.repeat(1_048_575)}"`, {}, 413],
    ['chunked', new Uint8Array(), { 'transfer-encoding': 'chunked' }, 411],
    ['entities', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', { 'content-type': 'text/xml' }, 400],
  ])('%s', async (_what, body, headers, status) => {
    const { send, stored } = await createIntake(named('a shared header'));
    expect((await send({ body, headers })).status).toBe(status);
    expect(stored()).toEqual([]);
  });
});

describe('bodies', () => {
  it.each([
    [48 * 1024, 'inline'],
    [48 * 1024 + 1, 'blob'],
    [1_048_576, 'blob'],
  ])('of %d bytes are kept %s', async (length, kind) => {
    const { send, stored } = await createIntake(github);
    expect((await send({ body: `"${'x'.repeat(length - 2)}"` })).status).toBe(202);
    expect(stored()[0]?.body).toMatchObject({ kind, bytes: length });
  });
});

describe('failures', () => {
  it('without the store there is no acknowledgement, and the repeat is stored', async () => {
    const { deps, send, stored } = await createIntake(github);
    deps.faults.onOperation = ({ port, verb }) => {
      if (port === 'deliveries' && verb === 'create') throw new AppError('unavailable');
    };
    expect((await send()).status).toBe(503);
    deps.faults.onOperation = () => {
      throw new Error('odd');
    };
    expect((await send()).status).toBe(500);
    deps.faults.onOperation = undefined;
    expect((await send()).status).toBe(202);
    expect(stored().length).toBe(1);
  });

  it('a crash at any step loses nothing that was acknowledged, and doubles nothing', async () => {
    const body = `"${'x'.repeat(60_000)}"`;
    const undisturbed = await createIntake(github);
    const before = undisturbed.deps.faults.steps;
    await undisturbed.send({ body });
    const steps = undisturbed.deps.faults.steps - before;
    expect(steps).toBe(2);
    for (let step = 1; step <= steps; step += 1) {
      for (const moment of ['before', 'after'] as const) {
        const { deps, send, stored } = await createIntake(github);
        deps.faults.crashAt(step, moment);
        expect((await send({ body })).status).toBe(500);
        deps.faults.restart();
        expect([200, 202]).toContain((await send({ body })).status);
        expect(stored().length).toBe(1);
      }
    }
  });

  it('a token whose keys cannot be had is not refused for good', async () => {
    const verification = webhookVerification.parse({
      kind: 'jwt',
      jwksUrl: 'https://keys.example/',
      issuer: 'i',
      audience: 'a',
    });
    const sender: Sender = { ...named('a shared header'), verification, proofs: [] };
    const webhookTokens = {
      verify: async () => {
        throw new AppError('unavailable');
      },
    };
    const { secret: _secret, ...rest } = sender;
    const world = await createIntake({ ...rest, secret: '' } as Sender, { webhookTokens }, { secret: undefined });
    const token = 'eyJhIjoxfQ.eyJiIjoxfQ.c2lnbmF0dXJl';
    expect((await world.send({ headers: { authorization: `Bearer ${token}` } })).status).toBe(503);
  });
});

test('a delivery says what it is', async () => {
  const { send, stored } = await createIntake(github);
  await send({ suffix: '?a=1&token=abc' });
  expect(stored()[0]).toMatchObject({
    eventId: '72d3162e-cc78-11e3-81ab-000000000001',
    eventType: 'issues',
    identity: 'event-id',
    request: {
      method: 'POST',
      query: 'a=1&token=••••',
      contentType: 'application/json',
      headers: { 'x-github-event': 'issues', 'x-hub-signature-256': '••••' },
    },
    processing: { attempts: 0, fence: 0, history: [] },
    recordKeys: [],
  });
});
