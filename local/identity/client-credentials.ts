import { issueApplicationToken, objectIdOf } from './access-token.ts';
import { audienceOf, fixedTenant } from './directory.ts';
import { Refusal } from './refusal.ts';
import { isSecretOf, type RegisteredClient } from './registered-client.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface ClientCredentialsRequest {
  /** As the path names it. */
  readonly tenant: string | undefined;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** `<resource>/.default` */
  readonly scope: string;
}

/** Answers the body of a token answer for the grant `client_credentials`. @throws Refusal with Entra's codes */
export const grantClientCredentials = async (
  keys: SigningKeys,
  clients: readonly RegisteredClient[],
  { tenant, clientId, clientSecret, scope }: ClientCredentialsRequest,
  nowMs: number,
): Promise<Readonly<Record<string, unknown>>> => {
  const client = clients.find((one) => one.clientId === clientId);
  if (client === undefined || (fixedTenant(tenant) ?? client.tenant) !== client.tenant) {
    throw new Refusal('unauthorized_client', 700016, `no application "${clientId}" in the directory`);
  }
  if (!isSecretOf(client, clientSecret ?? '')) {
    throw new Refusal('invalid_client', 7000215, 'invalid client secret provided', 401);
  }
  if (!scope.endsWith('/.default')) {
    throw new Refusal('invalid_scope', 1002012, `the scope "${scope}" must end in /.default`);
  }
  const audience = audienceOf(scope.slice(0, -'/.default'.length));
  if (audience === undefined) {
    throw new Refusal('invalid_resource', 500011, `the resource of "${scope}" is not in the directory`);
  }
  const objectId = objectIdOf(client.tenant, client.clientId);
  const { token, expiresInSeconds } = await issueApplicationToken(keys, { ...client, objectId, audience }, nowMs);
  return {
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    ext_expires_in: expiresInSeconds,
    access_token: token,
  };
};
