import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type Control,
  controlInstance,
  InstanceConflict,
  type Presence,
  raiseEvent,
  startInstance,
} from '../engine/control-instance.ts';
import { findIdFault } from '../engine/instance-id.ts';
import { deleteEntity } from '../store/entities.ts';
import { isFinal } from '../store/instance.ts';
import { findEndedInstances, type InstanceFilter, listInstances } from '../store/query-instances.ts';
import type { ApiContext } from './api.ts';
import { describeInstance } from './instance-status.ts';
import { managementLinks } from './links.ts';
import { type ApiAnswer, ApiError, type ApiRequest, count, date, flag, jsonBody } from './request.ts';

/** Pages of the extension's query have a hundred instances unless it is told otherwise. */
const PAGE_SIZE = 100;

/** `POST orchestrators/{function}[/{id}]`. */
export const startOrchestration = async (
  context: ApiContext,
  request: ApiRequest,
  functionName: string,
  wantedId: string | undefined,
): Promise<ApiAnswer> => {
  const name = context.worker.find('orchestrator', functionName);
  if (name === undefined) {
    throw new ApiError(
      400,
      `The function '${functionName}' doesn't exist, is disabled, or is not an orchestrator function. ` +
        `The known ones are: '${context.worker.orchestrators.join("', '")}'`,
    );
  }
  const id = wantedId ?? randomUUID().replaceAll('-', '');
  const fault = findIdFault(id);
  if (fault !== undefined) {
    throw new ApiError(400, fault);
  }
  const input = request.body.trim() === '' ? undefined : jsonBody(request);
  const version = request.query.get('version') ?? context.defaultVersion;
  await refuseConflict(startInstance(context.engine, context.store, { id, name, version, input }));
  return answerStarted(context, request, id);
};

const refuseConflict = async (starting: Promise<void>): Promise<void> => {
  try {
    await starting;
  } catch (error) {
    throw error instanceof InstanceConflict ? new ApiError(409, error.message) : error;
  }
};

/** At once, or when it has ended or `timeout` is over, where the caller asks for that. */
const answerStarted = async (context: ApiContext, request: ApiRequest, id: string): Promise<ApiAnswer> => {
  const timeoutMs = seconds(request, 'timeout');
  const intervalMs = seconds(request, 'pollingInterval');
  if (timeoutMs !== undefined && intervalMs !== undefined && (await waitForEnd(context, id, timeoutMs, intervalMs))) {
    const { output } = context.store.findPayloads(id);
    return context.store.findInstance(id)?.status === 'Completed'
      ? { status: 200, body: output === undefined ? null : JSON.parse(output) }
      : getInstance(context, request, id);
  }
  const links = managementLinks(context.publicApi, id);
  return { status: 202, headers: { location: links['statusQueryGetUri'] ?? '', 'retry-after': '10' }, body: links };
};

/** True when it has ended in time. */
const waitForEnd = async (
  { store, engine }: ApiContext,
  id: string,
  timeoutMs: number,
  intervalMs: number,
): Promise<boolean> => {
  if (intervalMs > timeoutMs) {
    throw new ApiError(400, '"timeout" should be longer than "pollingInterval"');
  }
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const status = store.findInstance(id)?.status;
    if (status !== undefined && isFinal(status)) {
      return true;
    }
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0 || engine.isStopping) {
      return false;
    }
    await wait(Math.min(intervalMs, leftMs));
  }
};

const seconds = ({ query }: ApiRequest, name: string): number | undefined => {
  const value = query.get(name);
  if (value === null || value === '') {
    return undefined;
  }
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) {
    throw new ApiError(400, `"${name}" is "${value}", which is not a number of seconds`);
  }
  return number * 1000;
};

/** `GET instances/{id}`. */
export const getInstance = (context: ApiContext, request: ApiRequest, id: string): ApiAnswer => {
  const instance = context.store.findInstance(id);
  if (instance === undefined) {
    return { status: 404 };
  }
  const body = describeInstance(context.store, instance, {
    showInput: flag(request, 'showInput', true),
    showHistory: flag(request, 'showHistory', false),
    showHistoryOutput: flag(request, 'showHistoryOutput', false),
  });
  if (!isFinal(instance.status)) {
    return { status: 202, headers: { location: statusLocation(context, request, id), 'retry-after': '5' }, body };
  }
  const isError = instance.status === 'Failed' && flag(request, 'returnInternalServerErrorOnFailure', false);
  return { status: isError ? 500 : 200, body };
};

/** Where to ask again, the same way. */
const statusLocation = ({ publicApi }: ApiContext, { query }: ApiRequest, id: string): string => {
  const location = new URL(managementLinks(publicApi, id)['statusQueryGetUri'] ?? '');
  for (const [name, value] of query) {
    location.searchParams.set(name, value);
  }
  return location.href;
};

const readFilter = (request: ApiRequest): InstanceFilter => {
  const statuses = request.query.getAll('runtimeStatus').flatMap((value) => value.split(','));
  return {
    statuses: statuses.some((status) => status !== '') ? statuses : undefined,
    createdFromMs: date(request, 'createdTimeFrom'),
    createdToMs: date(request, 'createdTimeTo'),
    idPrefix: request.query.get('instanceIdPrefix') ?? undefined,
  };
};

/** `GET instances/`. */
export const queryInstances = (context: ApiContext, request: ApiRequest): ApiAnswer => {
  const options = { showInput: flag(request, 'showInput', true), showHistory: false, showHistoryOutput: false };
  const token = request.header('x-ms-continuation-token');
  const page = readPage(() =>
    listInstances(
      context.store,
      readFilter(request),
      count(request, 'top', PAGE_SIZE),
      token === '' ? undefined : token,
    ),
  );
  return {
    status: 200,
    headers: page.next === undefined ? {} : { 'x-ms-continuation-token': page.next },
    body: page.instances.map((instance) => describeInstance(context.store, instance, options)),
  };
};

const readPage = <Result>(read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    throw error instanceof RangeError ? new ApiError(400, error.message) : error;
  }
};

/** `DELETE instances/{id}`. */
export const purgeInstance = async ({ engine, store }: ApiContext, id: string): Promise<ApiAnswer> =>
  engine.commit(() => {
    if (id.startsWith('@')) {
      return deleteEntity(store, id) ? purged(1) : { status: 404 };
    }
    const instance = store.findInstance(id);
    if (instance === undefined) {
      return { status: 404 };
    }
    if (!isFinal(instance.status)) {
      const body = `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${id} has status ${instance.status}`;
      return { status: 412, body };
    }
    store.deleteInstance(id);
    return purged(1);
  });

const purged = (instancesDeleted: number): ApiAnswer => ({ status: 200, body: { instancesDeleted } });

/** `DELETE instances/`. */
export const purgeInstances = async ({ engine, store }: ApiContext, request: ApiRequest): Promise<ApiAnswer> => {
  const filter = readFilter(request);
  if (filter.createdFromMs === undefined) {
    throw new ApiError(400, "Please provide value for 'createdTimeFrom' parameter.");
  }
  const deleted = await engine.commit(() => {
    const ids = findEndedInstances(store, filter);
    for (const id of ids) {
      store.deleteInstance(id);
    }
    return ids.length;
  });
  return deleted === 0 ? { status: 404 } : purged(deleted);
};

const answerSent = (presence: Presence): ApiAnswer => ({ status: { sent: 202, ended: 410, missing: 404 }[presence] });

/** `POST instances/{id}/raiseEvent/{name}`. */
export const raiseInstanceEvent = async (
  { engine, store }: ApiContext,
  request: ApiRequest,
  id: string,
  name: string,
): Promise<ApiAnswer> => {
  const status = store.findInstance(id)?.status;
  if (status === undefined || isFinal(status)) {
    return answerSent(status === undefined ? 'missing' : 'ended');
  }
  if (request.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new ApiError(400, 'Only application/json request content is supported');
  }
  return answerSent(await raiseEvent(engine, store, id, name, jsonBody(request)));
};

/** `POST instances/{id}/{operation}`. */
export const operateInstance = async (
  context: ApiContext,
  request: ApiRequest,
  id: string,
  operation: string,
): Promise<ApiAnswer> => {
  const { engine, store } = context;
  const reason = request.query.get('reason') ?? undefined;
  switch (operation.toLowerCase()) {
    case 'terminate':
    case 'suspend':
    case 'resume':
      return answerSent(await controlInstance(engine, store, id, operation.toLowerCase() as Control, reason));
    case 'rewind':
      return refuseRewind(store.findInstance(id)?.status, id);
    case 'restart':
      return restartInstance(context, request, id);
    default:
      return { status: 404 };
  }
};

const refuseRewind = (status: string | undefined, id: string): ApiAnswer => {
  if (status === undefined) {
    return { status: 404, body: `No orchestration with instance ID "${id}" found.` };
  }
  if (status !== 'Failed') {
    const body = `This orchestration has status ${status}, but only orchestrations in the "Failed" state can be rewound.`;
    return { status: 412, body };
  }
  return { status: 501, body: 'Rewind is not supported by this host: restart the orchestration instead.' };
};

const restartInstance = async (context: ApiContext, request: ApiRequest, id: string): Promise<ApiAnswer> => {
  const { engine, store } = context;
  const instance = store.findInstance(id);
  if (instance === undefined) {
    throw new ApiError(400, 'InstanceId does not match a valid orchestration instance.');
  }
  const newId = flag(request, 'restartWithNewInstanceId', true) ? randomUUID().replaceAll('-', '') : id;
  const start = {
    id: newId,
    name: instance.name,
    version: context.defaultVersion,
    input: store.findPayloads(id).input,
  };
  await refuseConflict(startInstance(engine, store, start));
  return answerStarted(context, request, newId);
};
