import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryApi } from './api.ts';

const list = 'tenant/integrations';
const dayMs = 86_400_000;

describe('authenticate', () => {
  let api: MemoryApi;
  let key: string;
  let keyId: string;
  const withKey = (value: string) => ({ headers: { authorization: '', 'x-api-key': value } });

  beforeEach(async () => {
    api = new MemoryApi();
    const created = await api.call('POST', 'tenant/api-keys', {
      body: { name: 'ci', role: 'operator', expiresInDays: 30 },
    });
    key = String(created.body['key']);
    keyId = String(created.body['id']);
  });

  it('takes a bearer token or a key, for their own tenant', async () => {
    const id = await api.integration();
    await api.integration({ tenant: 'other' });
    for (const options of [{ role: 'viewer' as const }, withKey(key)]) {
      const { status, body } = await api.call('GET', list, options);
      expect(status).toBe(200);
      expect(body['items']).toMatchObject([{ id }]);
    }
  });

  it.each([
    ['no credential', { authorization: '' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['an empty bearer', { authorization: 'Bearer ' }],
    ['an unknown token', { authorization: 'Bearer abc.def.ghi' }],
    ['a hostile token', { authorization: `Bearer ${'a'.repeat(20_000)}` }],
    ['a word for a key', { authorization: '', 'x-api-key': 'key' }],
  ])('answers 401 to %s', async (_what, headers) => {
    const answer = await api.call('GET', list, { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm=/);
  });

  it('answers 401 to both credentials at once', async () => {
    expect((await api.call('GET', list, { headers: { 'x-api-key': key } })).status).toBe(401);
  });

  it('answers the same to a wrong secret, a wrong id, another tenant and an expired key', async () => {
    const wrong = [
      `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`,
      key.replace(/_[0-9a-z]{26}_/, `_${'0'.repeat(26)}_`),
      key.replace('castiel_demo_', 'castiel_other_'),
    ];
    const answers = await Promise.all(wrong.map((value) => api.call('GET', list, withKey(value))));
    api.deps.clock.advance(30 * dayMs);
    answers.push(await api.call('GET', list, withKey(key)));
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.body.detail).toBe('The API key is not valid.');
    }
  });

  it('works until the last moment of a key, and not after its revocation', async () => {
    api.deps.clock.advance(30 * dayMs - 1);
    expect((await api.call('GET', list, withKey(key))).status).toBe(200);
    expect((await api.call('DELETE', `tenant/api-keys/${keyId}`)).status).toBe(204);
    expect((await api.call('GET', list, withKey(key))).status).toBe(401);
    expect((await api.call('DELETE', `tenant/api-keys/${keyId}`)).status).toBe(404);
  });

  it('notes the use of a key at most once an hour', async () => {
    const noted: unknown[] = [];
    for (let minutes = 0; minutes <= 120; minutes += 20) {
      await api.call('GET', list, withKey(key));
      noted.push(api.deps.apiKeys.all()[0]?.lastUsedAt);
      api.deps.clock.advance(20 * 60_000);
    }
    expect(new Set(noted).size).toBe(3);
  });

  it('keeps only a hash of a key', () => {
    const secret = key.split('_').at(-1) ?? '';
    expect(JSON.stringify([api.deps.apiKeys.all(), api.deps.audit.all()])).not.toContain(secret);
  });

  it('answers 403 below the role, naming both', async () => {
    const answer = await api.call('POST', list, { role: 'operator', body: {} });
    expect(answer.status).toBe(403);
    expect(answer.body.detail).toBe('This needs the role admin; yours is operator.');
  });

  it('answers 503 while tokens cannot be verified', async () => {
    api.given = { ...api.deps, tokens: { verify: () => Promise.reject(new Error('no keys')) } };
    const answer = await api.call('GET', list);
    expect(answer.status).toBe(503);
    expect(JSON.stringify(answer.body)).not.toContain('no keys');
  });
});
