import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { TaskHub } from '../durable/task-hub.ts';
import { type HostJson, readHostJson } from './config/host-json.ts';
import { minimumLevel } from './config/log-level.ts';
import { type CorsSettings, isDisabled, readLocalSettings, type Settings } from './config/settings.ts';
import { createDispatch } from './dispatch.ts';
import { createDurableWebhooks, openAppTaskHub, usesDurable } from './durable/prepare-task-hub.ts';
import { describeFunction } from './functions.ts';
import type { AdminApi } from './http/admin.ts';
import { withCors } from './http/cors.ts';
import {
  createAuthorise,
  createKeys,
  DURABLE_KEY,
  type Keys,
  loadKeys,
  opensSystem,
  withSystemKey,
} from './http/keys.ts';
import { type HandleRequest, listen } from './http/listen.ts';
import { createLog, type Log } from './log.ts';
import { createSendOutput } from './outputs.ts';
import { watchSends } from './queue/watch-sends.ts';
import { createStorage } from './storage.ts';
import { prepareChangeFeeds, prepareHttp, prepareQueues, prepareTimers } from './triggers.ts';
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
  /** Where task hubs are kept, one file each; `.durable` in the app's folder unless given. */
  readonly durableDir?: string | undefined;
  /** Takes the lines of the log. */
  readonly writeLog: (text: string) => void;
  /** Is told of each run past `functionTimeout`; nothing in this process can end it. */
  readonly onTimeout: (reason: string) => void;
}

export interface Host {
  readonly url: string;
  /** The names of the functions that run, in the order of registration. */
  readonly functions: readonly string[];
  readonly functionTimeoutMs: number;
  /** Takes nothing new, finishes what has begun, lets the app say goodbye. Rejects when that fails. */
  drain(): Promise<void>;
  /**
   * Fails what runs, as the end of a worker does in Azure, and settles it with its triggers: requests are answered with
   * 500, messages come back, batches of changes are read again.
   */
  abandon(reason: string): Promise<void>;
  readonly log: Log;
}

/**
 * Loads the built app and drives its triggers. Settings of local.settings.json become environment variables of this
 * process unless they are set already, and the app's folder its working directory. Once per process.
 * @throws ConfigurationError or AppLoadError when the app cannot run here
 */
export const startHost = async (options: HostOptions): Promise<Host> => {
  const appRoot = resolve(options.appRoot);
  const { hostJson, settings, cors, log } = await readConfiguration(appRoot, options.writeLog);
  const durableDir = resolve(options.durableDir ?? join(appRoot, '.durable'));
  const keys = options.ignoreKeys === true ? undefined : await readKeys(options.keysFile);
  const authorise = keys === undefined ? () => true : createAuthorise(keys);
  // Listens before the app loads, which may want to know its address. The host answers 503 until then, as Azure does.
  let handleRequest: HandleRequest = async (_, response) => {
    response.writeHead(503, { 'content-length': 0, 'retry-after': '1' }).end();
  };
  const http = await listen((request, response) => handleRequest(request, response), options.port, log);
  process.env['WEBSITE_HOSTNAME'] ??= new URL(http.url).host;
  // The app finds its own files where it does in Azure.
  process.chdir(appRoot);
  const invoker = await startInProcessApp(appRoot, (level, category, message, origin) => {
    const name = origin === undefined ? 'Worker' : `Function.${origin.functionName}`;
    log(level, category === 'user' ? `${name}.User` : name, message);
  });
  const functions = invoker.functions
    .filter(({ name }) => isOn(name, hostJson, settings, log))
    .map((metadata) => describeFunction(metadata, settings));
  const storage = createStorage(settings);
  const sendOutput = createSendOutput(storage, hostJson.extensions.queues.messageEncoding);
  const timeout = { limitMs: hostJson.functionTimeout, onExceeded: options.onTimeout };
  let taskHub: TaskHub | undefined;
  const dispatch = createDispatch(invoker, sendOutput, timeout, log, () => taskHub?.clientBinding ?? '');
  const context = { functions, hostId: hostIdOf(appRoot, settings), hostJson, settings, storage, dispatch, log };
  let isDraining = false;
  let webhooks: AdminApi = async () => false;
  const handleApp = prepareHttp(
    context,
    authorise,
    invoker.capabilities['HttpUri'],
    () => isDraining,
    (...request) => webhooks(...request),
  );
  const startTimers = prepareTimers(context);
  const startQueues = prepareQueues(context);
  const startChangeFeeds = await prepareChangeFeeds(context);
  if (usesDurable(functions)) {
    const durableKeys = keys && (await withSystemKey(keys, DURABLE_KEY, options.keysFile));
    const key = durableKeys?.systemKeys[DURABLE_KEY];
    taskHub = await openAppTaskHub({ ...context, directory: durableDir, url: http.url, key });
    webhooks = createDurableWebhooks(
      taskHub,
      (given) => durableKeys === undefined || opensSystem(durableKeys, DURABLE_KEY, given),
    );
  }
  handleRequest = cors === undefined ? handleApp : withCors(cors, handleApp);
  const queues = startQueues();
  const listeners = [...queues, ...startTimers(), ...startChangeFeeds()];
  taskHub?.begin();
  const unwatchSends = watchSends((queueUrl) => {
    for (const queue of queues) {
      if (queue.queueUrl === queueUrl) {
        queue.wake();
      }
    }
  });
  const stopTriggers = async (): Promise<void> => {
    isDraining = true;
    await Promise.all([http.drain(), taskHub?.stop(), ...listeners.map((listener) => listener.stop())]);
    await dispatch.idle();
    await taskHub?.close();
    unwatchSends();
    dispatch.close();
  };
  return {
    url: http.url,
    functions: functions.map(({ name }) => name),
    functionTimeoutMs: hostJson.functionTimeout,
    log,
    drain: async () => {
      await stopTriggers();
      await invoker.terminate();
    },
    abandon: async (reason) => {
      // Stopping comes first: what fails from now on is settled as interrupted.
      const stopped = stopTriggers();
      dispatch.abandon(reason);
      await stopped;
    },
  };
};

interface Configuration {
  readonly hostJson: HostJson;
  readonly settings: Settings;
  readonly cors: CorsSettings | undefined;
  readonly log: Log;
}

const readConfiguration = async (appRoot: string, writeLog: (text: string) => void): Promise<Configuration> => {
  const warnings: string[] = [];
  const warn = (warning: string): void => void warnings.push(warning);
  const { values, cors } = await readLocalSettings(appRoot, warn);
  for (const [name, value] of Object.entries(values)) {
    process.env[name] ??= value;
  }
  // As Core Tools does.
  process.env['AZURE_FUNCTIONS_ENVIRONMENT'] ??= 'Development';
  const settings: Settings = process.env;
  const hostJson = await readHostJson(appRoot, settings, warn);
  const { logLevel } = hostJson.logging;
  const log = createLog((category) => minimumLevel(logLevel, category), writeLog);
  for (const warning of warnings) {
    log('warning', 'Host.Startup', warning);
  }
  return { hostJson, settings, cors, log };
};

const isOn = (name: string, hostJson: HostJson, settings: Settings, log: Log): boolean => {
  const isListed = hostJson.functions?.includes(name) ?? true;
  if (isListed && !isDisabled(name, settings)) {
    return true;
  }
  log('information', 'Host.Startup', `The function "${name}" is disabled`);
  return false;
};

const readKeys = async (file: string | undefined): Promise<Keys> =>
  file === undefined ? createKeys() : await loadKeys(file);

/** The same for every host of this app on one storage account, so that they share its timers. */
const hostIdOf = (appRoot: string, settings: Settings): string =>
  settings['AzureFunctionsWebHost__hostid'] ?? createHash('sha256').update(appRoot).digest('hex').slice(0, 32);
