import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkPublicClients,
  findRedirectUri,
  isOriginOfClient,
  openPublicClients,
} from '../../../../local/identity/sign-in/public-client.ts';

const client = {
  clientId: 'app',
  name: 'App',
  redirectUris: ['http://127.0.0.1/callback', 'http://localhost/', 'https://app.example/callback?from=us'],
};

describe('a redirect address', () => {
  it('may have any port on a loopback host', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
        expect(findRedirectUri(client, `http://127.0.0.1:${port}/callback`)).toBeDefined();
        expect(findRedirectUri(client, `http://localhost:${port}`)).toBeDefined();
        if (port !== 443) {
          expect(findRedirectUri(client, `https://app.example:${port}/callback?from=us`)).toBeUndefined();
        }
      }),
    );
  });

  it('is one of those that are registered, whatever is offered', () => {
    const part = fc.constantFrom('http', 'https', '://', '127.0.0.1', 'localhost', 'evil.example', '@', ':', '80', '/');
    const more = fc.constantFrom('callback', '?', '#', '\\', '..', '%2f', 'from=us', '.', 'app.example', ' ', '\n');
    fc.assert(
      fc.property(fc.array(fc.oneof(part, more), { maxLength: 12 }), (parts) => {
        const found = findRedirectUri(client, parts.join(''));
        const isRegistered =
          found === undefined ||
          (found.host === 'app.example' && found.href === 'https://app.example/callback?from=us') ||
          (found.hostname === '127.0.0.1' && found.pathname === '/callback' && found.protocol === 'http:') ||
          (found.hostname === 'localhost' && found.pathname === '/' && found.protocol === 'http:');
        expect(isRegistered, found?.href).toBe(true);
        expect(`${found?.username ?? ''}${found?.hash ?? ''}`).toBe('');
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    'http://127.0.0.1/other',
    'http://127.0.0.1/callback?more=1',
    'http://127.0.0.1/callback#x',
    'https://127.0.0.1/callback',
    'http://user@127.0.0.1/callback',
    'https://app.example/callback',
    'http://127.0.0.1.evil.example/callback',
    '/callback',
    '',
  ])('is not %j', (offered) => {
    expect(findRedirectUri(client, offered)).toBeUndefined();
  });
});

it('tells the origins of registered applications from others', () => {
  for (const origin of ['http://localhost:5173', 'http://127.0.0.1', 'https://app.example']) {
    expect(isOriginOfClient([client], origin), origin).toBe(true);
  }
  for (const origin of ['https://localhost', 'https://app.example:8443', 'http://app.example', 'null', '', '*']) {
    expect(isOriginOfClient([client], origin), origin).toBe(false);
  }
});

describe('registrations', () => {
  it.each([
    [[{ ...client, redirectUris: [] }]],
    [[{ ...client, redirectUris: ['http://app.example/'] }]],
    [[{ ...client, redirectUris: ['javascript:alert(1)'] }]],
    [[{ ...client, redirectUris: ['https://app.example/#x'] }]],
    [[{ ...client, clientSecret: 'x' }]],
    [[client, client]],
    [{}],
  ])('refuse %j', (clients) => {
    expect(() => checkPublicClients(clients)).toThrow();
  });

  it('are read from the data directory; a file that is wrong is named', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'identity-'));
    const path = join(dataDir, 'identity', 'public-clients.json');
    try {
      expect(await openPublicClients(dataDir)).toMatchObject([{ name: 'Castiel Integrations' }]);
      await mkdir(join(dataDir, 'identity'));
      await writeFile(path, JSON.stringify([client]));
      expect(await openPublicClients(dataDir)).toEqual([client]);
      await writeFile(path, '[{"clientId":"app"}]');
      await expect(openPublicClients(dataDir)).rejects.toThrow(`${path} does not hold public clients`);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
