import type { TokenCredential } from '@azure/identity';
import { once } from './once.ts';

/** The app's identity: managed identity in Azure, the developer's sign-in elsewhere. Loaded when something first needs it. */
export const appIdentity: () => Promise<TokenCredential> = once(async () => {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
});

const hourMs = 3_600_000;

/** What an http service on this machine is given: a real token never travels without TLS. */
export function localCredential(nowMs: () => number): () => Promise<TokenCredential> {
  return async () => ({ getToken: async () => ({ token: 'local', expiresOnTimestamp: nowMs() + hourMs }) });
}
