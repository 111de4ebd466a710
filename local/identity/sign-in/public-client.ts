import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DASHBOARD_CLIENT_ID } from '../directory.ts';

/** An application without a secret, such as a page in a browser, to which people sign in. */
export interface PublicClient {
  readonly clientId: string;
  /** As the sign-in page calls it. */
  readonly name: string;
  /** Where people may be sent afterwards. On a loopback host the port does not count (RFC 8252, section 7.3). */
  readonly redirectUris: readonly string[];
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

const redirectUri = z.string().refine((text) => parseRedirectUri(text) !== undefined, {
  error: 'must be https, or http on a loopback host, without a user or a fragment',
});
const clientSchema = z.strictObject({
  clientId: z.string().min(1),
  name: z.string().min(1),
  redirectUris: z.array(redirectUri).min(1),
});
const clientsSchema = z
  .array(clientSchema)
  .refine((all) => new Set(all.map((one) => one.clientId)).size === all.length, {
    error: 'client ids must differ',
  });

const DASHBOARD: PublicClient = {
  clientId: DASHBOARD_CLIENT_ID,
  name: 'Castiel Integrations',
  redirectUris: ['127.0.0.1', 'localhost'].flatMap((host) =>
    ['', 'auth/callback', 'signed-in'].map((path) => `http://${host}/${path}`),
  ),
};

/** @throws ZodError that names what is wrong with a registration */
export const checkPublicClients = (clients: unknown): readonly PublicClient[] => clientsSchema.parse(clients);

/** Those in `identity/public-clients.json` below the data directory, or, without that file, the dashboard alone. */
export const openPublicClients = async (dataDir: string | undefined): Promise<readonly PublicClient[]> => {
  if (dataDir === undefined) {
    return [DASHBOARD];
  }
  const path = join(dataDir, 'identity', 'public-clients.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return [DASHBOARD];
    }
    throw error;
  }
  try {
    return checkPublicClients(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new Error(`${path} does not hold public clients: ${reason}`, { cause });
  }
};

/** The address to send people to, if the client has registered it. */
export const findRedirectUri = (client: PublicClient, offered: string): URL | undefined => {
  const address = parseRedirectUri(offered);
  return address !== undefined &&
    client.redirectUris.some((registered) => isSame(parseRedirectUri(registered), address))
    ? address
    : undefined;
};

/** Whether a page of that origin belongs to one of the clients, and so may call the token endpoint from a browser. */
export const isOriginOfClient = (clients: readonly PublicClient[], origin: string): boolean =>
  URL.canParse(origin) &&
  new URL(origin).origin === origin &&
  clients
    .flatMap(({ redirectUris }) => redirectUris)
    .some((registered) => isSame(parseRedirectUri(new URL('/', registered).href), new URL(origin)));

const parseRedirectUri = (text: string): URL | undefined => {
  const address = URL.parse(text);
  if (address === null || address.username !== '' || address.password !== '' || text.includes('#')) {
    return;
  }
  const isAllowed = address.protocol === 'https:' || (address.protocol === 'http:' && LOOPBACK.has(address.hostname));
  return isAllowed ? address : undefined;
};

const isSame = (registered: URL | undefined, offered: URL): boolean =>
  registered !== undefined &&
  registered.protocol === offered.protocol &&
  registered.hostname === offered.hostname &&
  (registered.port === offered.port || LOOPBACK.has(registered.hostname)) &&
  registered.pathname === offered.pathname &&
  registered.search === offered.search;
