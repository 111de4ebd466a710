import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createPrivateFile } from './private-file.ts';

/** An application that may ask for tokens with its own credentials. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tenant: string;
  readonly roles: readonly string[];
}

const clientSchema = z.object({
  clientId: z.string(),
  clientSecret: z.string(),
  tenant: z.string(),
  roles: z.array(z.string()),
});

/** The client there is when none is given: an administrator of the demo tenant, with a secret kept in the data directory. */
export const openDefaultClient = async (dataDir: string | undefined): Promise<RegisteredClient> => {
  const fresh: RegisteredClient = {
    clientId: '5c1a7e00-0000-4000-8000-000000000005',
    clientSecret: randomBytes(24).toString('base64url'),
    tenant: 'demo',
    roles: ['admin'],
  };
  if (dataDir === undefined) {
    return fresh;
  }
  const path = join(dataDir, 'identity', 'client.json');
  await createPrivateFile(path, JSON.stringify(fresh));
  return clientSchema.parse(JSON.parse(await readFile(path, 'utf8')));
};

/** Compared as digests: they have one length, which the comparison in constant time needs. */
export const isSecretOf = (client: RegisteredClient, offered: string): boolean =>
  timingSafeEqual(digest(offered), digest(client.clientSecret));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
