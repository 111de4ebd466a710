import { ConfigurationError } from './config/errors.ts';
import type { HostJson } from './config/host-json.ts';
import type { Settings } from './config/settings.ts';
import { createCosmosClients } from './cosmos/accounts.ts';
import { type ChangeFeedListener, startChangeFeedListener } from './cosmos/listener.ts';
import type { Dispatch } from './dispatch.ts';
import { type HostFunction, hasTrigger } from './functions.ts';
import { type AdminApi, createAdminApi } from './http/admin.ts';
import { createHandleRequest } from './http/handle-request.ts';
import type { Authorise } from './http/keys.ts';
import type { HandleRequest } from './http/listen.ts';
import { createRouter } from './http/router.ts';
import { createStreamRequest } from './http/stream-proxy.ts';
import { describeError, type Log } from './log.ts';
import { type QueueListener, startQueueListener } from './queue/listener.ts';
import type { Storage } from './storage.ts';
import { startTimerListener, type TimerListener } from './timer/listener.ts';
import { compileSchedule } from './timer/schedule.ts';

/** What all triggers of a host share. */
export interface TriggerContext {
  readonly functions: readonly HostFunction[];
  readonly hostId: string;
  readonly hostJson: HostJson;
  readonly settings: Settings;
  readonly storage: Storage;
  readonly dispatch: Dispatch;
  readonly log: Log;
}

/** Like Azure's: the queues extension leases messages for ten minutes. */
const DEFAULT_LEASE_SECONDS = 600;

/**
 * Each of these checks everything first and starts nothing: a host that cannot run all of an app has touched no message.
 * @throws ConfigurationError when a route, a schedule or a connection is wrong
 */
export const prepareHttp = (
  context: TriggerContext,
  authorise: Authorise,
  httpUri: string | undefined,
  isDraining: () => boolean,
  webhooks: AdminApi,
): HandleRequest => {
  const { functions, hostId, hostJson, dispatch, log } = context;
  const settings = hostJson.extensions.http;
  const admin = createAdminApi({
    hostId,
    functions,
    authorise,
    isDraining,
    start: (hostFunction, data) => {
      dispatch.run(hostFunction, { data }).catch((error: unknown) => {
        log('debug', 'Host.Admin', describeError(error));
      });
    },
  });
  const httpFunctions = functions.filter((candidate) => hasTrigger(candidate, 'http'));
  return createHandleRequest({
    findRoute: createRouter(httpFunctions, settings.routePrefix),
    authorise,
    admin,
    webhooks,
    dispatch,
    settings,
    stream: httpUri === undefined ? undefined : createStreamRequest(httpUri, dispatch, settings.customHeaders),
    log,
  });
};

export const prepareQueues = (context: TriggerContext): (() => readonly QueueListener[]) => {
  const { functions, hostJson, storage, dispatch, log } = context;
  const leaseSeconds = readLeaseSeconds(context.settings);
  const contexts = functions
    .filter((candidate) => hasTrigger(candidate, 'queue'))
    .map((hostFunction) => {
      const { queueName, connection } = hostFunction.trigger;
      const hasPoison = !queueName.endsWith('-poison');
      return {
        hostFunction,
        queue: storage.queue(connection, queueName),
        poisonQueue: hasPoison ? storage.queue(connection, `${queueName}-poison`) : undefined,
        settings: hostJson.extensions.queues,
        leaseSeconds,
        dispatch,
        log,
      };
    });
  return () => contexts.map(startQueueListener);
};

export const prepareTimers = (context: TriggerContext): (() => readonly TimerListener[]) => {
  const { functions, hostId, hostJson, settings, storage, dispatch, log } = context;
  // UTC, as in Azure, unless another zone is asked for.
  const timeZone = settings['WEBSITE_TIME_ZONE'] ?? 'UTC';
  const contexts = functions
    .filter((candidate) => hasTrigger(candidate, 'timer'))
    .map((hostFunction) => {
      const { schedule, useMonitor } = hostFunction.trigger;
      return {
        hostFunction,
        schedule: compileSchedule(schedule, timeZone, new Date(), useMonitor),
        blobs: storage.blobs(undefined),
        hostId,
        singleton: hostJson.singleton,
        dispatch,
        log,
      };
    });
  return () => contexts.map(startTimerListener);
};

export const prepareChangeFeeds = async (context: TriggerContext): Promise<() => readonly ChangeFeedListener[]> => {
  const { functions, settings, dispatch, log } = context;
  const accountsOf = createCosmosClients(settings);
  const contexts: Parameters<typeof startChangeFeedListener>[0][] = [];
  for (const hostFunction of functions.filter((candidate) => hasTrigger(candidate, 'cosmosDB'))) {
    contexts.push({ hostFunction, accounts: await accountsOf(hostFunction.trigger), dispatch, log });
  }
  return () => contexts.map(startChangeFeedListener);
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
