import { parseEntityId, toEntityId } from '../engine/entity-message.ts';
import { sendSignal } from '../engine/entity-turn.ts';
import { findEntity, listEntities } from '../store/entities.ts';
import type { ApiContext } from './api.ts';
import { type ApiAnswer, ApiError, type ApiRequest, count, date, flag, jsonBody } from './request.ts';

const PAGE_SIZE = 100;
/** Stands for an empty key in a path. */
const EMPTY_KEY = '$';

const idOf = (name: string, key: string): string => toEntityId(name, key === EMPTY_KEY ? '' : key);

/** `GET entities/{name}/{key}`. */
export const getEntity = ({ store }: ApiContext, name: string, key: string): ApiAnswer => {
  const entity = findEntity(store, idOf(name, key));
  return entity === undefined
    ? { status: 404 }
    : { status: 200, body: entity.state === undefined ? null : JSON.parse(entity.state) };
};

/** `POST` and `DELETE entities/{name}/{key}`. */
export const signalEntity = async (
  { engine, store, worker }: ApiContext,
  request: ApiRequest,
  name: string,
  key: string,
): Promise<ApiAnswer> => {
  if (worker.find('entity', name) === undefined) {
    throw new ApiError(400, `The function '${name}' doesn't exist, is disabled, or is not an entity function.`);
  }
  const operation = request.method === 'DELETE' ? 'delete' : (request.query.get('op') ?? '');
  const isJson = request.header('content-type')?.split(';')[0]?.trim().toLowerCase() === 'application/json';
  const content = isJson ? jsonBody(request) : JSON.stringify(request.body);
  const input = request.body === '' ? undefined : content;
  await engine.commit(() => sendSignal({ store }, idOf(name, key), operation, input));
  return { status: 202 };
};

/** `GET entities/[{name}]`. */
export const queryEntities = ({ store }: ApiContext, request: ApiRequest, name: string | undefined): ApiAnswer => {
  const page = listEntities(
    store,
    {
      name: name?.toLowerCase(),
      fromMs: date(request, 'lastOperationTimeFrom'),
      toMs: date(request, 'lastOperationTimeTo'),
    },
    count(request, 'top', PAGE_SIZE),
    request.header('x-ms-continuation-token') || undefined,
  );
  const withState = flag(request, 'fetchState', false);
  return {
    status: 200,
    headers: page.next === undefined ? {} : { 'x-ms-continuation-token': page.next },
    body: page.entities.map(({ id, state, updatedMs }) => ({
      entityId: parseEntityId(id),
      lastOperationTime: new Date(updatedMs).toISOString(),
      ...(withState ? { state: state === undefined ? null : JSON.parse(state) } : {}),
    })),
  };
};
