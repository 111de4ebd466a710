import { WEBHOOK_PATH } from '../../durable/api/links.ts';
import { createOutOfProcWorker, type DurableFunctionNames, type RunFunction } from '../../durable/protocol/worker.ts';
import { HubStateError } from '../../durable/store/hub-file.ts';
import { openTaskHub, type TaskHub } from '../../durable/task-hub.ts';
import { ConfigurationError } from '../config/errors.ts';
import { type Dispatch, InvocationError } from '../dispatch.ts';
import type { HostFunction } from '../functions.ts';
import type { AdminApi } from '../http/admin.ts';
import type { TriggerContext } from '../triggers.ts';
import type { TypedData } from '../worker/rpc.ts';
import { readHubName, readLimits } from './settings.ts';

export interface TaskHubContext extends TriggerContext {
  /** The folder of the task hubs. */
  readonly directory: string;
  /** Of this host: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The system key of the management API; undefined when no keys are asked for. */
  readonly key: string | undefined;
}

/** True for an app that has anything to do with Durable Functions; others bear no cost of it. */
export const usesDurable = (functions: readonly HostFunction[]): boolean =>
  functions.some(({ trigger, durableClients }) => durableClients.length > 0 || isDurable(trigger.type));

const isDurable = (type: HostFunction['trigger']['type']): boolean =>
  type === 'orchestration' || type === 'activity' || type === 'entity';

/**
 * Opens the app's task hub, which serves its clients; it runs nothing yet.
 * @throws ConfigurationError when its settings are wrong or its state cannot be opened
 */
export const openAppTaskHub = async (context: TaskHubContext): Promise<TaskHub> => {
  const { functions, hostJson, settings, dispatch, log } = context;
  const { durableTask } = hostJson.extensions;
  const hubName = readHubName(durableTask, settings);
  const named = (type: HostFunction['trigger']['type']): string[] =>
    functions.filter(({ trigger }) => trigger.type === type).map(({ name }) => name);
  const names: DurableFunctionNames = {
    orchestrators: named('orchestration'),
    activities: named('activity'),
    entities: named('entity'),
  };
  const publicApi = {
    baseUrl: `${context.url}${WEBHOOK_PATH}`,
    hubName,
    connectionName: 'AzureWebJobsStorage',
    key: context.key,
  };
  try {
    return await openTaskHub({
      directory: context.directory,
      publicApi,
      worker: createOutOfProcWorker(names, createRunFunction(functions, dispatch)),
      settings: {
        ...readLimits(durableTask),
        defaultVersion: durableTask.defaultVersion ?? undefined,
        versionMatchStrategy: durableTask.versionMatchStrategy,
        versionFailureStrategy: durableTask.versionFailureStrategy,
      },
      log: (level, message) => log(level, 'Host.Triggers.DurableTask', message),
    });
  } catch (error) {
    throw error instanceof HubStateError ? new ConfigurationError(error.message, { cause: error }) : error;
  }
};

const createRunFunction = (functions: readonly HostFunction[], dispatch: Dispatch): RunFunction => {
  const byName = new Map(functions.map((each) => [each.name, each]));
  return async (name, data, metadata) => {
    const hostFunction = byName.get(name);
    if (hostFunction === undefined) {
      throw new Error(`There is no function "${name}"`);
    }
    try {
      const returned = await dispatch.run(hostFunction, {
        data: data === undefined ? {} : { string: data },
        metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, { string: value }])),
        isQuiet: hostFunction.trigger.type === 'orchestration',
      });
      return { kind: 'returned', json: toJson(returned) };
    } catch (error) {
      if (error instanceof InvocationError && !error.isAbandoned) {
        return { kind: 'threw', ...error.exception };
      }
      throw error;
    }
  };
};

const toJson = (data: TypedData | undefined): string | undefined => {
  if (data === undefined) {
    return undefined;
  }
  if (typeof data.json === 'string') {
    return data.json;
  }
  const value = data.string ?? data.int ?? data.double;
  if (value !== undefined && value !== null) {
    return JSON.stringify(value);
  }
  // Bytes reach .NET as an array of bytes, which becomes a text in JSON.
  return data.bytes === undefined || data.bytes === null
    ? undefined
    : JSON.stringify(Buffer.from(data.bytes).toString('base64'));
};

/** The public management API. */
export const createDurableWebhooks =
  (hub: TaskHub, opens: (key: string | undefined) => boolean): AdminApi =>
  async (request, response, path, key) => {
    if (path.toLowerCase() !== WEBHOOK_PATH && !path.toLowerCase().startsWith(`${WEBHOOK_PATH}/`)) {
      return false;
    }
    if (opens(key)) {
      await hub.answer(request, response);
    } else {
      response.writeHead(401, { 'content-length': 0 }).end();
    }
    return true;
  };
