import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { openCertificate } from '../tls/certificate.ts';
import { badRequest, CosmosError, tooLarge } from './errors.ts';
import { Disturbance } from './faults/disturb.ts';
import { ConnectionDrop, type Faults } from './faults/faults.ts';
import { createAuthorizer } from './http/auth.ts';
import { errorReply, type Reply, type Request } from './http/message.ts';
import { route, signedResource } from './http/router.ts';
import type { TokenAuthorizer } from './http/token-auth.ts';
import { LOCAL_KEY } from './local-key.ts';
import { Catalog } from './store/catalog.ts';
import { Database } from './store/database.ts';
import { startExpirySweep } from './store/expiry-sweep.ts';

/** Larger bodies are refused unread; a batch may have 2 MB, a document 2 MB and its JSON escapes. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** How to start the server. */
export interface CosmosOptions {
  /** Port on 127.0.0.1; 0 or absent takes a free one. */
  readonly port?: number;
  /** Directory of the data; absent keeps everything in memory. */
  readonly dataDir?: string;
  /** Master key in base64; absent is `LOCAL_KEY`. */
  readonly key?: string;
  /** What goes wrong from the start on; `setFaults` and `PUT /_twin/faults` change it. */
  readonly faults?: Faults;
  /**
   * Reads without a session token may be as many milliseconds old; absent shows every write at once. The account then says
   * that its consistency is "Session", and a client sees its own writes through the tokens that the SDK sends.
   */
  readonly staleReadLagMs?: number;
  /** How many physical partitions every container seems to have; absent is one. */
  readonly partitions?: number;
  /** Serves https with the certificate of this folder, which is made when there is none. Absent serves http. */
  readonly tlsFolder?: string;
  /** Where the keys of the local issuer are: its tokens are then as good as the key. They travel over https only. */
  readonly jwksUri?: string;
}

/** A running server. */
export interface CosmosServer {
  readonly endpoint: string;
  readonly key: string;
  readonly port: number;
  /** Over https: where its certificate lies, for `NODE_EXTRA_CA_CERTS` of clients. */
  readonly certificatePath: string | undefined;
  /** Makes requests fail from now on; `{}` ends it. */
  setFaults(faults: Faults): void;
  /** Stops accepting requests, ends connections and closes the file. */
  close(): Promise<void>;
}

function parseSegments(url: string): string[] {
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch {
    throw badRequest('The path of the request is not valid percent-encoding.');
  }
}

function readBody(message: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    message.on('end', () => {
      if (size > MAX_BODY_BYTES) reject(tooLarge());
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer).toString() : Buffer.concat(chunks).toString());
    });
    message.on('error', reject);
  });
}

function send(response: ServerResponse, reply: Reply, activityId: string): void {
  const { body } = reply;
  response.writeHead(reply.status, {
    'x-ms-activity-id': activityId,
    'x-ms-request-charge': String(reply.charge),
    'x-ms-gatewayversion': 'version=2.0.0',
    ...reply.headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  });
  // As text, head and body leave in one write.
  response.end(body);
}

function fault(error: unknown, activityId: string): Reply {
  if (error instanceof CosmosError) return errorReply(error, activityId);
  process.stderr.write(`cosmos: ${error instanceof Error ? error.stack : String(error)}\n`);
  return errorReply(new CosmosError(500, 'The local Cosmos DB server failed; its log says why.'), activityId);
}

/** Serves http, or https where there is a folder with a certificate. */
function openServer(tlsFolder: string | undefined, onRequest: RequestListener) {
  if (tlsFolder === undefined) return { server: createServer(onRequest), scheme: 'http', certificatePath: undefined };
  const { certificate: cert, privateKey: key, certificatePath } = openCertificate(tlsFolder, Date.now());
  return { server: createSecureServer({ cert, key }, onRequest), scheme: 'https', certificatePath };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * Starts a Cosmos DB (NoSQL API) on 127.0.0.1.
 * @throws when the port is taken, another process has the data directory open, or options contradict each other.
 */
export async function startCosmos(options: CosmosOptions = {}): Promise<CosmosServer> {
  const key = options.key ?? LOCAL_KEY;
  if (options.jwksUri !== undefined && options.tlsFolder === undefined)
    throw new Error('Tokens are taken over https only: a jwksUri needs a tlsFolder.');
  const database = new Database(options.dataDir, options.staleReadLagMs);
  const catalog = new Catalog(database, options.partitions);
  const disturbance = new Disturbance(catalog, options.faults);
  const authorize = createAuthorizer(key);
  const stopSweep = startExpirySweep(catalog);
  let endpoint = '';
  let authorizeToken: TokenAuthorizer | undefined;

  const answer = async (message: IncomingMessage): Promise<Reply> => {
    const segments = parseSegments(message.url ?? '/');
    const method = message.method ?? 'GET';
    const body = await readBody(message);
    const { authorization } = message.headers;
    if (authorizeToken === undefined || !(await authorizeToken({ method, segments, authorization }))) {
      const date = message.headers['x-ms-date'] as string | undefined;
      authorize({ method, ...signedResource(segments), date, authorization });
    }
    const request: Request = { method, segments, headers: message.headers, body };
    if (segments[0] === '_twin') return disturbance.answerAdmin(request);
    return disturbance.answer(request, (undisturbed) => route(catalog, endpoint, undisturbed));
  };

  const { server, scheme, certificatePath } = openServer(options.tlsFolder, (message, response) => {
    const activityId = (message.headers['x-ms-activity-id'] as string | undefined) ?? randomUUID();
    answer(message).then(
      (reply) => send(response, reply, activityId),
      (error: unknown) => {
        if (error instanceof ConnectionDrop) message.socket.destroy();
        else send(response, fault(error, activityId), activityId);
      },
    );
  });
  // A client that keeps idle connections must not find them closed just as it sends.
  server.keepAliveTimeout = 10 * 60 * 1000;
  const port = await listen(server, options.port ?? 0);
  endpoint = `${scheme}://127.0.0.1:${port}`;
  if (options.jwksUri !== undefined) {
    // Loaded when it is wanted: most accounts are opened with the key.
    const { createTokenAuthorizer } = await import('./http/token-auth.ts');
    authorizeToken = createTokenAuthorizer(options.jwksUri, endpoint);
  }
  return {
    endpoint,
    key,
    port,
    certificatePath,
    setFaults: (faults) => disturbance.set(faults),
    close: () =>
      new Promise((resolve) => {
        stopSweep();
        server.close(() => {
          database.close();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
