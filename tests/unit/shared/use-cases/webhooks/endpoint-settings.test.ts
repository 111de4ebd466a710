import { describe, expect, it } from 'vitest';
import type { rotateWebhookSecret as rotateRoute } from '../../../../../shared/contracts/webhook-endpoints.ts';
import { webhookVerification } from '../../../../../shared/contracts/webhooks.ts';
import type { Adapter } from '../../../../../shared/core/adapter.ts';
import type { InputOf } from '../../../../../shared/core/route-input.ts';
import { deleteIntegration } from '../../../../../shared/use-cases/delete-integration.ts';
import { deleteWebhookEndpoint } from '../../../../../shared/use-cases/webhooks/delete-webhook-endpoint.ts';
import { getWebhookEndpoint } from '../../../../../shared/use-cases/webhooks/get-webhook-endpoint.ts';
import { rotateWebhookSecret } from '../../../../../shared/use-cases/webhooks/rotate-webhook-secret.ts';
import { createIntake, type IntakeWorld } from '../../../../kit/webhooks/intake-world.ts';
import { named } from '../../../../kit/webhooks/signed-requests.ts';

const github = named('GitHub');
const minuteMs = 60_000;

const inputOf = ({ deps, integrationId }: IntakeWorld) => ({
  params: { integrationId },
  query: undefined,
  body: undefined,
  ifMatch: undefined,
  attempt: { at: deps.now(), repeated: false },
});

const show = async (world: IntakeWorld) => (await getWebhookEndpoint(world.deps, world.scope, inputOf(world))).body;

const rotate = async (world: IntakeWorld, body: Partial<InputOf<typeof rotateRoute>['body']> = {}) =>
  (
    await rotateWebhookSecret(world.deps, world.scope, {
      ...inputOf(world),
      body: { overlapMinutes: 60, keep: 'current', ...body },
    })
  ).body;

describe('settings', () => {
  it('show the URL to set, and secrets by their last characters only', async () => {
    const world = await createIntake(github);
    const shown = await show(world);
    expect(shown).toMatchObject({
      integrationId: world.integrationId,
      url: `https://hooks.example/api/webhooks/${world.integrationId}/acme`,
      verification: { kind: 'github' },
      secrets: [{ hint: '…body', addedAt: world.deps.now().toISOString() }],
    });
    expect(JSON.stringify([shown, world.deps.integrations.all(), world.deps.audit.all()])).not.toContain(github.secret);
  });

  it('show where the URL holds the secret', async () => {
    const verification = { kind: 'salesforce-outbound-message', organizationId: '00D5g000004hVZ7' };
    const world = await createIntake(named('Salesforce'));
    expect((await show(world)).url).toMatch(/\/acme\?secret=\{secret\}$/);
    await world.set({ verification: webhookVerification.parse({ ...verification, secretIn: 'path' }) });
    expect((await show(world)).url).toMatch(/\/acme\/\{secret\}$/);
  });

  it('make a secret where the provider takes ours, and show it once', async () => {
    const world = await createIntake(github, {}, { secret: undefined });
    const { body } = await world.set({ verification: named('Standard Webhooks v1').verification });
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await show(world)).not.toHaveProperty('secret');
    const again = await world.set({ verification: named('Standard Webhooks v1').verification });
    expect(again.body).not.toHaveProperty('secret');
    expect(again.body.secrets).toEqual(body.secrets);
    const sender = { ...named('Standard Webhooks v1'), secret: body.secret ?? '' };
    const taking = await createIntake(sender);
    expect((await taking.send()).status).toBe(202);
  });

  it.each([
    ['/secret', { verification: { kind: 'slack' } }],
    [
      '/secret',
      { verification: { kind: 'jwt', jwksUrl: 'https://k.example/', issuer: 'i', audience: 'a' }, secret: 'not used' },
    ],
    ['/secret', { verification: { kind: 'standard-webhooks' }, secret: 'not-base64-at-all' }],
    ['/secret', { verification: { kind: 'microsoft-graph' }, secret: 'too short' }],
    ['/secret', { verification: { kind: 'hmac', header: 'x', secretEncoding: 'hex' }, secret: 'not in hex' }],
    ['/verification/kind', { verification: { kind: 'client-certificate', sha256Fingerprints: ['ab'.repeat(32)] } }],
    [
      '/handshake/secretParameter',
      {
        verification: { kind: 'source-addresses', ranges: ['192.0.2.1'] },
        handshake: { kind: 'echo-query', parameter: 'a', secretParameter: 'b' },
      },
    ],
  ] as const)('name the field %s of what could never be verified', async (field, body) => {
    const world = await createIntake(github);
    const verification = webhookVerification.parse(body.verification);
    const setting = world.set({ ...(body as object), verification } as Parameters<IntakeWorld['set']>[0]);
    await expect(setting).rejects.toMatchObject({ code: 'invalid-request', errors: [{ in: 'body', field }] });
    expect((await show(world)).verification).toEqual({ kind: 'github' });
  });

  it('take no other kinds than the provider has', async () => {
    const adapter = { id: 'custom-rest', verifications: ['github', 'hmac'] } as unknown as Adapter;
    const world = await createIntake(github, { adapters: [adapter] });
    await expect(world.set({ verification: named('Slack').verification, secret: 'a secret' })).rejects.toMatchObject({
      errors: [{ field: '/verification/kind', message: 'must be one of: github, hmac' }],
    });
  });

  it('name the deployment setting that is missing', async () => {
    const world = await createIntake(github, { webhooks: { publicUrl: undefined } });
    const setting = world.set({ verification: named('HubSpot v3').verification, secret: 'some secret' });
    await expect(setting).rejects.toMatchObject({
      errors: [{ message: expect.stringContaining('PUBLIC_URL') }],
    });
    expect((await show(world)).url).toMatch(/^\/api\/webhooks\//);
  });

  it('go with their secret when they are deleted, and with their integration', async () => {
    for (const remove of [deleteWebhookEndpoint, deleteIntegration]) {
      const world = await createIntake(github);
      const [integration] = world.deps.integrations.all();
      const version = integration?.webhook?.secrets[0]?.version ?? '';
      await remove(world.deps, world.scope, inputOf(world));
      await expect(show(world)).rejects.toMatchObject({ code: 'not-found' });
      const name = `webhook-secret:${world.integrationId}`;
      await expect(world.deps.secrets.get(world.scope, name, version)).rejects.toMatchObject({ code: 'not-connected' });
      expect((await world.send()).status).toBe(401);
    }
  });
});

describe('rotation', () => {
  it('lets the old secret hold for the overlap beside the new one, and no longer', async () => {
    const world = await createIntake(github);
    const { secret = '', secrets } = await rotate(world);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(secrets).toMatchObject([
      { hint: `…${secret.slice(-4)}` },
      { hint: '…body', endsAt: new Date(world.deps.clock.nowMs() + 60 * minuteMs).toISOString() },
    ]);
    expect((await world.send({ number: 1 })).status).toBe(202);
    expect((await world.send({ number: 2, secret })).status).toBe(202);
    world.deps.clock.advance(60 * minuteMs);
    expect((await world.send({ number: 3 })).status).toBe(401);
    expect((await world.send({ number: 4, secret })).status).toBe(202);
    expect((await show(world)).secrets).toHaveLength(1);
    const which = world.stored().map(({ verification }) => verification.secret);
    expect(which).toEqual(['previous', 'current', 'current']);
  });

  it('has no more than two', async () => {
    const world = await createIntake(github);
    await rotate(world, { secret: 'the second secret' });
    await rotate(world, { secret: 'the third secret' });
    expect((await world.send({ number: 1 })).status).toBe(401);
    expect((await world.send({ number: 2, secret: 'the second secret' })).status).toBe(202);
    expect((await world.send({ number: 3, secret: 'the third secret' })).status).toBe(202);
  });

  it('may be done again when its answer was lost, without losing the secret that the provider has', async () => {
    const world = await createIntake(github);
    await rotate(world);
    const { secret = '' } = await rotate(world, { keep: 'previous' });
    expect((await world.send({ number: 1 })).status).toBe(202);
    expect((await world.send({ number: 2, secret })).status).toBe(202);
  });

  it('ends the old secret at once where there is to be no overlap', async () => {
    const world = await createIntake(github);
    await rotate(world, { secret: 'the second secret', overlapMinutes: 0 });
    expect((await world.send()).status).toBe(401);
  });

  it('is refused where there is nothing to rotate', async () => {
    const ranges = webhookVerification.parse({ kind: 'source-addresses', ranges: ['192.0.2.1'] });
    const world = await createIntake(github);
    await world.set({ verification: ranges });
    await expect(rotate(world)).rejects.toMatchObject({ code: 'wrong-state' });
    const slack = await createIntake(named('Slack'));
    await expect(rotate(slack)).rejects.toMatchObject({ errors: [{ field: '/secret' }] });
  });

  it('crashed at any step, leaves a secret that holds', async () => {
    const undisturbed = await createIntake(github);
    const before = undisturbed.deps.faults.steps;
    await rotate(undisturbed, { secret: 'the second secret' });
    const steps = undisturbed.deps.faults.steps - before;
    for (let step = 1; step <= steps; step += 1) {
      for (const moment of ['before', 'after'] as const) {
        const world = await createIntake(github);
        world.deps.faults.crashAt(step, moment);
        await expect(rotate(world, { secret: 'the second secret' })).rejects.toThrow('Crash');
        world.deps.faults.restart();
        expect((await world.send()).status).toBe(202);
        await rotate(world, { secret: 'the second secret', keep: 'previous' });
        expect((await world.send({ number: 3 })).status).toBe(202);
        expect((await world.send({ number: 2, secret: 'the second secret' })).status).toBe(202);
      }
    }
  });
});
