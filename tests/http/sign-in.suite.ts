import { SignJWT } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { startIdentity } from '../../local/identity/server.ts';
import { openSigningKeys } from '../../local/identity/signing-keys.ts';
import { roles } from '../../shared/contracts/route.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { contactRules } from '../kit/labelled-people.ts';
import { sampleFailedRecord, sampleId } from '../kit/sample-documents.ts';
import type { CallOptions } from './api-caller.ts';
import type { Operation } from './api-description.ts';
import { holdAndResolve } from './hold-fields.ts';
import { type App, createTenant, mergeAndPart, subscribeAndReplay, syncTenant, type Tenant } from './start-app.ts';

/** Every id that a path may name, well formed. */
function paramsOf(operation: Operation): Record<string, string> {
  const kinds = {
    integrationId: 'integration',
    conversionSchemaId: 'conversionSchema',
    taskId: 'task',
    executionId: 'execution',
    shardId: 'shard',
    apiKeyId: 'apiKey',
    mergeId: 'merge',
    candidateId: 'mergeCandidate',
    holdId: 'hold',
    erasureId: 'erasure',
    suppressionId: 'suppression',
    subscriptionId: 'subscription',
    dispatchId: 'dispatch',
    replayId: operation.path.startsWith('/webhooks/') ? 'replay' : 'eventReplay',
    deliveryId: 'delivery',
    resolutionId: 'conflictResolution',
  } as const;
  const names: Readonly<Record<string, string>> = {
    version: '1',
    shardTypeId: 'nothing',
    failedRecordId: sampleFailedRecord('').id,
    conflictId: `conflict_${'A'.repeat(22)}`,
    type: 'sync.completed',
    field: 'name',
  };
  return Object.fromEntries(
    operation.parameters
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => [name, names[name] ?? sampleId(kinds[name as keyof typeof kinds])]),
  );
}

export function signInSuite(app: () => App): void {
  let tenant: Tenant;
  const protectedOperations = () => [...app().api.operations.values()].filter((operation) => !operation.isPublic);

  beforeAll(async () => {
    tenant = await createTenant(app());
  });

  const expectEverywhere401 = async (headers: Record<string, string>): Promise<void> => {
    const caller = app().caller(headers);
    for (const operation of protectedOperations()) {
      const answer = await caller.send(operation.id, { params: paramsOf(operation) });
      expect([operation.id, answer.status]).toEqual([operation.id, 401]);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  };

  const forged = async (claims: {
    issuer?: string;
    audience?: string;
    roles?: unknown;
    tid?: unknown;
    subject?: string;
  }) => {
    const { key, kid } = await (await openSigningKeys(app().dataDir, Date.now)).current();
    const { issuer, audience } = app().twin.identity;
    return new SignJWT({ tid: claims.tid ?? tenant.tenantId, roles: claims.roles ?? ['admin'] })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
      .setIssuer(claims.issuer ?? issuer)
      .setAudience(claims.audience ?? audience)
      .setSubject(claims.subject ?? 'somebody')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(key);
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('is needed on every route that is not public', async () => {
    await expectEverywhere401({});
  });

  it('takes no expired token, on any route', async () => {
    const token = await app().twin.identity.issueToken({
      tenant: tenant.tenantId,
      role: 'admin',
      expiresInSeconds: -120,
    });
    await expectEverywhere401(bearer(token));
  });

  it('takes a token that the issuer signed, and only then', async () => {
    expect(
      (
        await app()
          .caller(bearer(await forged({})))
          .send('listCatalog')
      ).status,
    ).toBe(200);
    const stranger = await startIdentity();
    try {
      const strangers = await stranger.issueToken({ tenant: tenant.tenantId, role: 'admin' });
      await expectEverywhere401(bearer(strangers));
    } finally {
      await stranger.close();
    }
  });

  it('takes no token with wrong claims or without a signature', async () => {
    const good = await forged({});
    const [header = '', payload = '', signature = ''] = good.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const changed = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), tid: 'other' }),
    ).toString('base64url');
    const tokens = [
      await forged({ issuer: 'https://login.example/v2.0' }),
      await forged({ audience: 'api://something-else' }),
      await forged({ tid: 'Not A Tenant' }),
      await forged({ roles: ['owner'] }),
      await forged({ roles: 'admin ' }),
      `${none}.${payload}.`,
      `${header}.${changed}.${signature}`,
      `${header}.${payload}`,
    ];
    for (const token of tokens) {
      const answer = await app().caller(bearer(token)).send('listIntegrations');
      expect([token, answer.status]).toEqual([token, 401]);
    }
  });

  it('takes one credential, not two', async () => {
    const key = (await tenant.admin.call('createApiKey', { body: { name: 'x', role: 'admin' } })).text('key');
    const both = { ...bearer(await forged({})), 'x-api-key': key };
    expect((await app().caller(both).send('listIntegrations')).status).toBe(401);
    expect((await app().caller({ 'x-api-key': key }).send('listIntegrations')).status).toBe(200);
    expect(
      (
        await app()
          .caller({ 'x-api-key': `${key}x` })
          .send('listIntegrations')
      ).status,
    ).toBe(401);
  });

  it('lets each role do what its route says and no more', async () => {
    for (const role of roles) {
      const caller = await app().signedIn(tenant.tenantId, role);
      for (const route of routes) {
        if (route.role === 'public' || roles.indexOf(role) >= roles.indexOf(route.role)) continue;
        const answer = await caller.send(route.id, { params: paramsOf(caller.operation(route.id)) });
        expect([role, route.id, answer.status, answer.problem.code]).toEqual([role, route.id, 403, 'forbidden']);
      }
    }
    const viewer = await app().signedIn(tenant.tenantId, 'viewer');
    expect((await viewer.send('listIntegrations')).status).toBe(200);
  });

  it('answers another tenant exactly as if there were nothing', async () => {
    const executionId = await syncTenant(tenant);
    const { items } = await tenant.admin.call('listShards', { query: { limit: 1 } });
    const key = await tenant.admin.call('createApiKey', { body: { name: 'x' } });
    const body = { id: 'only-here', name: 'x', schema: { type: 'object' } };
    const shardType = await tenant.admin.call('createShardType', { body });
    const { version: _version, ...rules } = contactRules;
    await tenant.admin.call('createMatchRules', { body: { shardTypeId: 'only-here', ...rules } });
    const prepared = { of: 'person', shardId: String(items[0]?.['id']) };
    const erasure = await tenant.admin.call('createErasure', { body: prepared });
    const mine = {
      integrationId: tenant.integrationId,
      conversionSchemaId: tenant.conversionSchemaId,
      version: '1',
      shardTypeId: shardType.text('id'),
      taskId: tenant.taskId,
      executionId,
      failedRecordId: sampleFailedRecord('').id,
      shardId: String(items[0]?.['id']),
      field: 'name',
      apiKeyId: key.text('id'),
      holdId: sampleId('hold'),
      erasureId: erasure.text('id'),
      suppressionId: sampleId('suppression'),
      ...(await mergeAndPart(tenant)),
      ...(await holdAndResolve(app(), tenant)),
      ...(await subscribeAndReplay(tenant)),
    };
    const other = await createTenant(app());
    const targets = [{ shardTypeId: 'deal', fields: [{ to: 'a', from: 'a' }] }];
    const bodies: Record<string, CallOptions> = {
      updateIntegration: { body: { name: 'taken over' } },
      connectWithKey: { body: { kind: 'none' } },
      setWebhookEndpoint: { body: { verification: { kind: 'github' } } },
      rotateWebhookSecret: { body: {} },
      updateShard: { body: { data: { jobTitle: 'taken over' } } },
      createTask: {
        body: { name: 'x', objects: [{ object: 'deals', shardTypeId: 'deal', fields: [{ to: 'a', from: 'a' }] }] },
      },
      updateTask: { body: { name: 'taken over' } },
      createConversionSchema: { body: { name: 'x', object: 'deals', targets } },
      updateConversionSchema: { body: { name: 'taken over' } },
      createConversionSchemaVersion: { body: { targets } },
      rollBackConversionSchema: { body: { version: 1 } },
      testConversionSchema: { body: { samples: [{}] } },
      dryRunConversionSchema: { body: {} },
      suggestMapping: { query: { object: 'deals', shardTypeId: 'deal' } },
      updateShardType: { body: { name: 'taken over' } },
      checkShardType: { body: {} },
      resolveConflict: { body: { fields: [{ field: 'jobTitle', take: 'ours' }] } },
      updateMatchRules: { body: { strategy: 'most_complete' } },
      updateSubscription: { body: { enabled: false } },
      rotateSubscriptionSecret: { body: {} },
      replayEvents: { body: { since: '2026-01-01T00:00:00Z' } },
      mergeShard: { body: { with: String(items[0]?.['id']) } },
    };
    for (const operation of protectedOperations()) {
      const nobodys = paramsOf(operation);
      // What is not below `tenant` is the same for all.
      if (Object.keys(nobodys).length === 0 || !operation.path.startsWith('/tenant/')) continue;
      const ask = (params: Record<string, string>) =>
        other.admin.send(operation.id, { params, ...bodies[operation.id] });
      const tries = [mine, { ...mine, integrationId: other.integrationId }].map((params) =>
        Object.fromEntries(
          Object.keys(nobodys).map((name) => [name, params[name as keyof typeof mine] ?? nobodys[name]]),
        ),
      );
      const own = Object.keys(nobodys).length === 1 && 'integrationId' in nobodys;
      for (const params of own ? tries.slice(0, 1) : tries) {
        const [theirs, none] = [await ask(params), await ask(nobodys)];
        const visible = ({ instance: _instance, requestId: _requestId, ...rest }: Record<string, unknown>) => rest;
        expect([operation.id, theirs.status]).toEqual([operation.id, 404]);
        if (params['integrationId'] !== other.integrationId) expect(visible(theirs.json)).toEqual(visible(none.json));
      }
    }
    expect((await tenant.admin.call('getIntegration', { params: mine })).json).toMatchObject({
      name: 'Demo CRM',
      connection: 'connected',
    });
    expect((await other.admin.call('listShards')).items).toEqual([]);
    expect((await other.admin.call('listApiKeys')).items).toEqual([]);
  });
}
