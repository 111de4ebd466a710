import type { Engine } from '../engine/engine.ts';
import type { Worker } from '../engine/worker.ts';
import type { HubStore } from '../store/hub-store.ts';
import { getEntity, queryEntities, signalEntity } from './handle-entities.ts';
import {
  getInstance,
  operateInstance,
  purgeInstance,
  purgeInstances,
  queryInstances,
  raiseInstanceEvent,
  startOrchestration,
} from './handle-instances.ts';
import type { PublicApi } from './links.ts';
import { type ApiAnswer, ApiError, type ApiRequest } from './request.ts';

export interface ApiContext {
  readonly engine: Engine;
  readonly store: HubStore;
  readonly worker: Worker;
  readonly publicApi: PublicApi;
  readonly defaultVersion: string | undefined;
}

const NOT_FOUND: ApiAnswer = { status: 404 };

/** Answers one request of the management API, for clients of the app and for the library itself. */
export const answerApiRequest = async (context: ApiContext, request: ApiRequest): Promise<ApiAnswer> => {
  try {
    assertHub(context, request);
    return await route(context, request);
  } catch (error) {
    if (error instanceof ApiError) {
      return { status: error.status, body: { Message: error.message } };
    }
    throw error;
  }
};

const assertHub = ({ publicApi }: ApiContext, { query }: ApiRequest): void => {
  const hub = query.get('taskHub');
  if (hub !== null && hub !== '' && hub.toLowerCase() !== publicApi.hubName.toLowerCase()) {
    throw new ApiError(400, `This host has the task hub "${publicApi.hubName}" only, not "${hub}"`);
  }
};

const route = async (context: ApiContext, request: ApiRequest): Promise<ApiAnswer> => {
  const [controller, ...rest] = request.path;
  switch (controller?.toLowerCase()) {
    case 'orchestrators': {
      const [name, id, ...more] = rest;
      return request.method === 'POST' && name !== undefined && more.length === 0
        ? startOrchestration(context, request, name, id)
        : NOT_FOUND;
    }
    case 'instances':
      return routeInstances(context, request, rest);
    case 'entities':
      return routeEntities(context, request, rest);
    default:
      return NOT_FOUND;
  }
};

const routeInstances = async (
  context: ApiContext,
  request: ApiRequest,
  [id, operation, name, ...more]: readonly string[],
): Promise<ApiAnswer> => {
  const { method } = request;
  if (more.length > 0) {
    return NOT_FOUND;
  }
  if (id === undefined) {
    return method === 'GET'
      ? queryInstances(context, request)
      : method === 'DELETE'
        ? purgeInstances(context, request)
        : NOT_FOUND;
  }
  if (operation === undefined) {
    return method === 'GET'
      ? getInstance(context, request, id)
      : method === 'DELETE'
        ? purgeInstance(context, id)
        : NOT_FOUND;
  }
  if (method !== 'POST') {
    return NOT_FOUND;
  }
  if (name !== undefined) {
    return operation.toLowerCase() === 'raiseevent' ? raiseInstanceEvent(context, request, id, name) : NOT_FOUND;
  }
  return operateInstance(context, request, id, operation);
};

const routeEntities = async (
  context: ApiContext,
  request: ApiRequest,
  [name, key, ...more]: readonly string[],
): Promise<ApiAnswer> => {
  if (more.length > 0) {
    return NOT_FOUND;
  }
  if (name !== undefined && key !== undefined) {
    switch (request.method) {
      case 'GET':
        return getEntity(context, name, key);
      case 'POST':
      case 'DELETE':
        return signalEntity(context, request, name, key);
      default:
        return NOT_FOUND;
    }
  }
  return request.method === 'GET' ? queryEntities(context, request, name) : NOT_FOUND;
};
