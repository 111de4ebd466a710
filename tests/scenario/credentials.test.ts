import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { vaultNameOf } from '../../shared/azure/key-vault-secrets.ts';
import { connection } from '../../shared/contracts/connections.ts';
import { credentialSecretName } from '../../shared/core/credential.ts';
import type { AuditDocument } from '../../shared/core/documents/access.ts';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { filesWith, textsWith } from '../kit/find-secret.ts';
import { pollUntil } from '../kit/poll-until.ts';
import { type RunningTwin, runTwin } from '../kit/running-twin.ts';
import { createTenant, refusalOf, type TenantOnTwin } from '../kit/tenant-on-twin.ts';

const records = 60;
const containers = ['config', 'shards', 'links', 'executions', 'audit', 'transient', 'leases', 'due'];

describe('a credential', () => {
  let room: RunningTwin;
  let crm: CrmControl & { close(): Promise<void> };
  let tenant: TenantOnTwin;
  let vault: SecretClient;

  beforeAll(async () => {
    room = await runTwin();
    crm = await openOwnCrm({ contacts: records });
    tenant = await createTenant(room, { crm, task: { pageSize: 20 } });
    vault = await openVault(room);
  });

  afterAll(async () => {
    await room?.close();
    await crm?.close();
  });

  const versions = async (): Promise<string[]> => {
    const found: string[] = [];
    const name = vaultNameOf(tenant.tenantId, credentialSecretName(tenant.integrationId));
    for await (const properties of vault.listPropertiesOfSecretVersions(name)) found.push(properties.version ?? '');
    return found;
  };

  const connectionNow = () => tenant.client.call('GET', `${tenant.base}/connection`, connection);

  const audited = async (): Promise<string[]> => {
    const { resources } = await room.database
      .container('audit')
      .items.query<AuditDocument>('SELECT * FROM c', { partitionKey: [tenant.tenantId] })
      .fetchAll();
    return resources.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ action, outcome }) => `${action} ${outcome}`);
  };

  it('is in the vault and nowhere else: no document, message, log line or answer', async () => {
    await crm.setFaults({ kind: 'error', status: 503, times: 1, match: { afterRequests: 1 } });
    const run = await tenant.run();
    expect(run).toMatchObject({ state: 'succeeded', counts: { created: records } });
    const answers: string[] = [];
    for (const path of [
      'tenant/integrations',
      tenant.base,
      `${tenant.base}/connection`,
      `${tenant.base}/tasks`,
      `${tenant.base}/executions`,
      `${tenant.base}/executions/${run.id}`,
      'tenant/shards?limit=100',
    ]) {
      const response = await fetch(`${room.twin.api()}/${path}`, { headers: tenant.headers });
      expect([path, response.status]).toEqual([path, 200]);
      answers.push(await response.text(), JSON.stringify([...response.headers]));
    }
    const documents: string[] = [];
    for (const container of containers) {
      const { resources } = await room.database.container(container).items.query('SELECT * FROM c').fetchAll();
      documents.push(...resources.map((resource) => JSON.stringify(resource)));
    }
    for (const texts of [answers, documents, room.log]) {
      expect(textsWith(crm.apiKey, texts)).toEqual([]);
      // The search finds what is there.
      expect(textsWith(run.id, texts)).not.toEqual([]);
    }
    // Databases, queues and blobs as they lie on disk, the vault's sealed secrets included.
    expect(await filesWith(crm.apiKey, room.dataDir)).toEqual([]);
    const files = await filesWith(run.id, room.dataDir);
    expect(files.some((file) => file.startsWith('cosmos/'))).toBe(true);
    expect(files.some((file) => file.startsWith('azurite/'))).toBe(true);
    expect(answers.join()).toContain(`…${crm.apiKey.slice(-4)}`);
  });

  it('leaves an audit entry for each connect, use and run', async () => {
    const entries = await audited();
    expect(entries.slice(0, 4)).toEqual([
      'integration.created ok',
      'connection.connected ok',
      'task.created ok',
      'task.run ok',
    ]);
    expect(entries.filter((entry) => entry === 'credential.used ok').length).toBeGreaterThanOrEqual(2);
  });

  it('that is wrong fails the run, and one that replaces it is another version of the same secret', async () => {
    expect(await versions()).toHaveLength(1);
    const wrong = `${crm.apiKey.slice(0, -6)}-wrong`;
    await tenant.connect(wrong);
    expect(await versions()).toHaveLength(2);
    const run = await tenant.run('full');
    expect(run.state).toBe('failed');
    expect(run.problem).toMatch(/does not accept the credential \(401\)/);
    expect(textsWith(wrong, [JSON.stringify(run), ...room.log])).toEqual([]);
    expect((await connectionNow()).state).toBe('failing');
    expect(await refusalOf(tenant.start())).toEqual({ status: 409, code: 'not-connected' });
    expect(await tenant.shards('contact')).toHaveLength(records);

    expect((await tenant.connect(crm.apiKey)).state).toBe('connected');
    expect(await versions()).toHaveLength(3);
    expect(await tenant.run('full')).toMatchObject({ state: 'succeeded', counts: { unchanged: records } });
    expect((await connectionNow()).problem).toBeUndefined();
  });

  it('is erased by a disconnect, and no run begins without it', async () => {
    const disconnected = await tenant.client.call('POST', `${tenant.base}/disconnect`, connection);
    expect(disconnected).toEqual({ integrationId: tenant.integrationId, state: 'not-connected' });
    expect(await versions()).toEqual([]);
    for await (const deleted of vault.listDeletedSecrets()) throw new Error(`${deleted.name} can be recovered`);
    expect(await refusalOf(tenant.start())).toEqual({ status: 409, code: 'not-connected' });
    const test = tenant.client.call('POST', `${tenant.base}/connection/test`, z.unknown());
    expect(await refusalOf(test)).toEqual({ status: 409, code: 'not-connected' });
    expect((await audited()).at(-1)).toBe('connection.disconnected ok');
    expect(await filesWith(crm.apiKey, room.dataDir)).toEqual([]);
  });

  it('that is erased during a run fails it, with the reason', async () => {
    await tenant.connect(crm.apiKey);
    await crm.setFaults({ kind: 'rate-limit', seconds: 2, times: 1, match: { afterRequests: 1 } });
    const { id } = await tenant.start('full');
    await pollUntil('The wait', async () => (await tenant.execution(id)).state === 'waiting' || undefined);
    await tenant.client.call('POST', `${tenant.base}/disconnect`, connection);
    const run = await tenant.follow(id);
    expect(run).toMatchObject({ state: 'failed', problem: 'Connect the integration first.' });
    expect(await tenant.shards('contact')).toHaveLength(records);
  });
});

/** The vault as an operator with its role would see it. */
async function openVault({ twin, dataDir }: RunningTwin): Promise<SecretClient> {
  const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '' } = twin.identity.environment;
  const token = z.object({ access_token: z.string() });
  const getToken = async () => {
    const response = await fetch(`${IDENTITY_ENDPOINT}?resource=https://vault.azure.net&api-version=2019-08-01`, {
      headers: { 'x-identity-header': IDENTITY_HEADER },
    });
    const expiresOnTimestamp = Date.now() + 3_600_000;
    return { token: token.parse(await response.json()).access_token, expiresOnTimestamp };
  };
  const ca = await readFile(join(dataDir, 'key-vault', 'certificate.pem'), 'utf8');
  return new SecretClient(
    twin.keyVaultUrl,
    { getToken },
    { disableChallengeResourceVerification: true, tlsOptions: { ca } },
  );
}
