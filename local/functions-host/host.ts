import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { ConfigurationError } from './config/errors.ts';
import { type HostJson, readHostJson } from './config/host-json.ts';
import { minimumLevel } from './config/log-level.ts';
import { isDisabled, readLocalSettings, type Settings } from './config/settings.ts';
import { createDispatch, type Dispatch } from './dispatch.ts';
import { describeFunction, type HostFunction, hasTrigger } from './functions.ts';
import { createAdminApi } from './http/admin.ts';
import { createHandleRequest } from './http/handle-request.ts';
import { createAuthorise, createKeys, loadKeys } from './http/keys.ts';
import { listen } from './http/listen.ts';
import { createRouter } from './http/router.ts';
import { createStreamRequest } from './http/stream-proxy.ts';
import { createLog, describeError, type Log } from './log.ts';
import { createSendOutput } from './outputs.ts';
import { type QueueListener, startQueueListener } from './queue/listener.ts';
import { createStorage, type Storage } from './storage.ts';
import { startInProcessApp } from './worker/in-process-invoker.ts';

export interface HostOptions {
  /** The folder with host.json and package.json of the built app. */
  readonly appRoot: string;
  /** 0 for a free one. */
  readonly port: number;
  /** JSON with the keys, written when there is none; keys of this run only unless given. */
  readonly keysFile?: string | undefined;
  /** Lets every request pass, as Core Tools does. */
  readonly ignoreKeys?: boolean;
  /** Takes the lines of the log. */
  readonly writeLog: (text: string) => void;
}

export interface Host {
  readonly url: string;
  /** The names of the functions that run, in the order of registration. */
  readonly functions: readonly string[];
  /** Takes nothing new, finishes what has begun, lets the app say goodbye. Rejects when that fails. */
  drain(): Promise<void>;
  readonly log: Log;
}

/** Like Azure's; the queues extension leases messages for ten minutes. */
const DEFAULT_LEASE_SECONDS = 600;

/**
 * Loads the built app and drives its triggers. Settings of local.settings.json become environment variables of this
 * process unless they are set already. Once per process.
 * @throws ConfigurationError or AppLoadError when the app cannot run here
 */
export const startHost = async (options: HostOptions): Promise<Host> => {
  const appRoot = resolve(options.appRoot);
  for (const [name, value] of Object.entries(await readLocalSettings(appRoot))) {
    process.env[name] ??= value;
  }
  const settings: Settings = process.env;
  const warnings: string[] = [];
  const hostJson = await readHostJson(appRoot, settings, (warning) => warnings.push(warning));
  const { logLevel } = hostJson.logging;
  const log = createLog((category) => minimumLevel(logLevel, category), options.writeLog);
  for (const warning of warnings) {
    log('warning', 'Host.Startup', warning);
  }
  const invoker = await startInProcessApp(appRoot, (level, category, message, origin) => {
    const name = origin === undefined ? 'Worker' : `Function.${origin.functionName}`;
    log(level, category === 'user' ? `${name}.User` : name, message);
  });
  const storage = createStorage(settings);
  const functions = selectFunctions(
    invoker.functions.map((metadata) => describeFunction(metadata, settings)),
    hostJson,
    settings,
    log,
  );
  const listeners: QueueListener[] = [];
  const onSent = (queueUrl: string): void => {
    for (const listener of listeners) {
      if (listener.queueUrl === queueUrl) {
        listener.wake();
      }
    }
  };
  const sendOutput = createSendOutput(storage, hostJson.extensions.queues.messageEncoding, onSent);
  const dispatch = createDispatch(invoker, sendOutput, hostJson.functionTimeout, log);
  let isDraining = false;
  const http = await startHttp(
    options,
    hostJson,
    functions,
    dispatch,
    invoker.capabilities['HttpUri'],
    () => isDraining,
    appRoot,
    log,
  );
  listeners.push(...startQueues(functions, hostJson, storage, dispatch, onSent, settings, log));
  return {
    url: http.url,
    functions: functions.map(({ name }) => name),
    log,
    drain: async () => {
      isDraining = true;
      await Promise.all([http.drain(), ...listeners.map((listener) => listener.stop())]);
      await dispatch.idle();
      await invoker.terminate();
      dispatch.close();
    },
  };
};

/** Leaves out what host.json or a setting turns off. */
const selectFunctions = (
  functions: readonly HostFunction[],
  hostJson: HostJson,
  settings: Settings,
  log: Log,
): readonly HostFunction[] =>
  functions.filter(({ name }) => {
    const isListed = hostJson.functions?.includes(name) ?? true;
    const isOff = !isListed || isDisabled(name, settings);
    if (isOff) {
      log('information', 'Host.Startup', `The function "${name}" is disabled`);
    }
    return !isOff;
  });

const startHttp = async (
  options: HostOptions,
  hostJson: HostJson,
  functions: readonly HostFunction[],
  dispatch: Dispatch,
  httpUri: string | undefined,
  isDraining: () => boolean,
  appRoot: string,
  log: Log,
) => {
  const { http: settings } = hostJson.extensions;
  const keys = options.keysFile === undefined ? createKeys() : await loadKeys(options.keysFile);
  const authorise = options.ignoreKeys === true ? () => true : createAuthorise(keys);
  const admin = createAdminApi({
    hostId: hostIdOf(appRoot),
    functions,
    authorise,
    isDraining,
    start: (hostFunction, data) => {
      dispatch.run(hostFunction, { data }).catch((error: unknown) => {
        log('debug', 'Host.Admin', describeError(error));
      });
    },
  });
  const handle = createHandleRequest({
    findRoute: createRouter(
      functions.filter((candidate) => hasTrigger(candidate, 'http')),
      settings.routePrefix,
    ),
    authorise,
    admin,
    dispatch,
    settings,
    stream: httpUri === undefined ? undefined : createStreamRequest(httpUri, dispatch, settings.customHeaders),
    log,
  });
  return listen(handle, options.port, log);
};

const startQueues = (
  functions: readonly HostFunction[],
  hostJson: HostJson,
  storage: Storage,
  dispatch: Dispatch,
  onSent: (queueUrl: string) => void,
  settings: Settings,
  log: Log,
): readonly QueueListener[] => {
  const leaseSeconds = readLeaseSeconds(settings);
  return functions
    .filter((candidate) => hasTrigger(candidate, 'queue'))
    .map((hostFunction) => {
      const { queueName, connection } = hostFunction.trigger;
      const hasPoison = !queueName.endsWith('-poison');
      return startQueueListener({
        hostFunction,
        queue: storage.queue(connection, queueName),
        poisonQueue: hasPoison ? storage.queue(connection, `${queueName}-poison`) : undefined,
        settings: hostJson.extensions.queues,
        leaseSeconds,
        dispatch,
        onSent,
        log,
      });
    });
};

/** A killed host's messages come back after their lease; tests of that cannot wait for ten minutes. */
const readLeaseSeconds = (settings: Settings): number => {
  const text = settings['CASTIEL_HOST_QUEUE_LEASE_SECONDS'];
  const seconds = text === undefined ? DEFAULT_LEASE_SECONDS : Number(text);
  if (!Number.isInteger(seconds) || seconds < 2 || seconds > 604_800) {
    throw new ConfigurationError(`CASTIEL_HOST_QUEUE_LEASE_SECONDS is "${text}", not a whole number of seconds from 2`);
  }
  return seconds;
};

/** The same for every host of this app on one storage account, so that they share timers. */
const hostIdOf = (appRoot: string): string =>
  process.env['AzureFunctionsWebHost__hostid'] ?? createHash('sha256').update(appRoot).digest('hex').slice(0, 32);
