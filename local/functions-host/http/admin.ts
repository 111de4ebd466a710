import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { AuthLevel, HostFunction } from '../functions.ts';
import type { TypedData } from '../worker/rpc.ts';
import type { Authorise } from './keys.ts';

/** Answers routes of the host's own; false when the path is none of them. */
export type AdminApi = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  key: string | undefined,
) => Promise<boolean>;

export interface AdminContext {
  readonly hostId: string;
  readonly functions: readonly HostFunction[];
  readonly authorise: Authorise;
  readonly isDraining: () => boolean;
  /** Starts a function as its trigger would and does not wait for it. */
  readonly start: (hostFunction: HostFunction, input: TypedData) => void;
}

const ADMIN: AuthLevel = 'admin';

/**
 * `GET /admin/host/ping` (open), `GET /admin/host/status`, `GET /admin/functions`, `GET` and `POST
 * /admin/functions/{name}` with `{ "input": text }` (master key). A POST is answered with 202 at once.
 */
export const createAdminApi =
  (context: AdminContext): AdminApi =>
  async (request, response, path, key) => {
    if (!/^\/admin(\/|$)/i.test(path)) {
      return false;
    }
    const route = path.slice('/admin/'.length).replace(/\/$/, '').toLowerCase();
    if (route === 'host/ping') {
      send(response, 200);
    } else if (!context.authorise(ADMIN, '', key)) {
      send(response, 401);
    } else {
      await answerAuthorised(context, request, response, route);
    }
    return true;
  };

const answerAuthorised = async (
  context: AdminContext,
  request: IncomingMessage,
  response: ServerResponse,
  route: string,
): Promise<void> => {
  if (request.method === 'GET' && route === 'host/status') {
    const state = context.isDraining() ? 'Stopping' : 'Running';
    send(response, 200, { id: context.hostId, state, processUptime: Math.round(process.uptime() * 1000) });
    return;
  }
  if (request.method === 'GET' && route === 'functions') {
    send(response, 200, context.functions.map(describe));
    return;
  }
  const name = /^functions\/([^/]+)$/.exec(route)?.[1];
  const hostFunction = context.functions.find((candidate) => candidate.name.toLowerCase() === name);
  if (hostFunction === undefined) {
    send(response, 404);
  } else if (request.method === 'GET') {
    send(response, 200, describe(hostFunction));
  } else if (request.method === 'POST' && canStart(hostFunction)) {
    const input = await readInput(request);
    if (input === undefined) {
      send(response, 400);
      return;
    }
    context.start(hostFunction, { string: input });
    send(response, 202);
  } else {
    send(response, 400);
  }
};

/** The text of `input`; empty when there is no body; undefined when the body is something else. */
const readInput = async (request: IncomingMessage): Promise<string | undefined> => {
  if (Number(request.headers['content-length'] ?? 0) === 0) {
    return '';
  }
  try {
    const body: unknown = await json(request);
    const input = typeof body === 'object' && body !== null && 'input' in body ? (body.input ?? '') : '';
    return typeof input === 'string' ? input : JSON.stringify(input);
  } catch {
    return undefined;
  }
};

/** HTTP functions have their own road, and those of Durable Functions run for an orchestration only. */
const canStart = ({ trigger: { type } }: HostFunction): boolean =>
  type === 'timer' || type === 'queue' || type === 'cosmosDB';

const describe = ({ name, trigger }: HostFunction): object => ({ name, trigger });

const send = (response: ServerResponse, status: number, body?: unknown): void => {
  const text = body === undefined ? '' : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(text) }).end(text);
};
