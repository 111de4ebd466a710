import { notSupported, optionalCount, optionalFlag, optionalText, requiredText } from '../binding-settings.ts';
import { ConfigurationError } from '../config/errors.ts';
import { expandSettings, type Settings } from '../config/settings.ts';
import type { BindingInfo } from '../worker/rpc.ts';

/** A container, by the name of the app setting that says where its account is. */
export interface ContainerAddress {
  readonly connection: string | undefined;
  readonly databaseName: string;
  readonly containerName: string;
}

/** Where a new lease begins to read; a lease that is there already keeps its place. */
export type FeedStart =
  | { readonly kind: 'now' }
  | { readonly kind: 'beginning' }
  | { readonly kind: 'time'; readonly time: Date };

export interface ChangeFeedTrigger {
  readonly type: 'cosmosDB';
  readonly monitored: ContainerAddress;
  readonly leases: ContainerAddress;
  /** Keeps functions that share a lease container apart. */
  readonly leasePrefix: string;
  /** Makes the lease container, with that throughput in RU/s when it is given. */
  readonly createLeaseContainer: boolean;
  readonly leaseThroughput: number | undefined;
  readonly start: FeedStart;
  /** Pause after a look that found nothing. */
  readonly feedPollDelayMs: number;
  readonly maxItemsPerInvocation: number;
  /** How often a host looks for leases to take. */
  readonly leaseAcquireIntervalMs: number;
  /** How long a lease that nobody renews stays its owner's. */
  readonly leaseExpirationIntervalMs: number;
  readonly leaseRenewIntervalMs: number;
}

const DEFAULT_LEASE_CONTAINER = 'leases';
const DEFAULT_MAX_ITEMS = 100;
const DEFAULT_POLL_DELAY_MS = 5_000;
const DEFAULT_ACQUIRE_INTERVAL_MS = 13_000;
const DEFAULT_EXPIRATION_INTERVAL_MS = 60_000;
const DEFAULT_RENEW_INTERVAL_MS = 17_000;

/** Names before version 4 of the extension, by what they are called now. */
const RENAMED: Readonly<Record<string, string>> = {
  connectionStringSetting: 'connection',
  collectionName: 'containerName',
  leaseConnectionStringSetting: 'leaseConnection',
  leaseCollectionName: 'leaseContainerName',
  leaseCollectionPrefix: 'leaseContainerPrefix',
  createLeaseCollectionIfNotExists: 'createLeaseContainerIfNotExists',
};

/**
 * Reads a `cosmosDBTrigger` of version 4 of the extension.
 * @throws ConfigurationError naming the function and what of it is wrong or not supported
 */
export const describeChangeFeedTrigger = (
  name: string,
  binding: BindingInfo,
  settings: Settings,
): ChangeFeedTrigger => {
  for (const [old, current] of Object.entries(RENAMED)) {
    if (binding[old] !== undefined) {
      throw new ConfigurationError(`The function "${name}": "${old}" is called "${current}" now`);
    }
  }
  const mode = optionalText(name, binding, 'changeFeedMode') ?? 'LatestVersion';
  if (mode !== 'LatestVersion') {
    throw notSupported(name, `the change feed mode "${mode}"`);
  }
  const text = (setting: string): string | undefined => {
    const value = optionalText(name, binding, setting);
    return value === undefined || value === '' ? undefined : expandSettings(value, settings);
  };
  const milliseconds = (setting: string, byDefault: number): number =>
    optionalCount(name, binding, setting) ?? byDefault;
  const monitored: ContainerAddress = {
    connection: text('connection'),
    databaseName: expandSettings(requiredText(name, binding, 'databaseName'), settings),
    containerName: expandSettings(requiredText(name, binding, 'containerName'), settings),
  };
  const leases: ContainerAddress = {
    connection: text('leaseConnection') ?? monitored.connection,
    databaseName: text('leaseDatabaseName') ?? monitored.databaseName,
    containerName: text('leaseContainerName') ?? DEFAULT_LEASE_CONTAINER,
  };
  if (isSame(monitored, leases)) {
    throw new ConfigurationError(`The function "${name}": a container cannot hold the leases of its own change feed`);
  }
  return {
    type: 'cosmosDB',
    monitored,
    leases,
    leasePrefix: text('leaseContainerPrefix') ?? '',
    createLeaseContainer: optionalFlag(name, binding, 'createLeaseContainerIfNotExists'),
    leaseThroughput: optionalCount(name, binding, 'leasesContainerThroughput'),
    start: describeStart(name, optionalFlag(name, binding, 'startFromBeginning'), text('startFromTime')),
    feedPollDelayMs: milliseconds('feedPollDelay', DEFAULT_POLL_DELAY_MS),
    maxItemsPerInvocation: optionalCount(name, binding, 'maxItemsPerInvocation') ?? DEFAULT_MAX_ITEMS,
    leaseAcquireIntervalMs: milliseconds('leaseAcquireInterval', DEFAULT_ACQUIRE_INTERVAL_MS),
    leaseExpirationIntervalMs: milliseconds('leaseExpirationInterval', DEFAULT_EXPIRATION_INTERVAL_MS),
    leaseRenewIntervalMs: milliseconds('leaseRenewInterval', DEFAULT_RENEW_INTERVAL_MS),
  };
};

const isSame = (one: ContainerAddress, other: ContainerAddress): boolean =>
  one.connection === other.connection &&
  one.databaseName === other.databaseName &&
  one.containerName === other.containerName;

const describeStart = (name: string, fromBeginning: boolean, fromTime: string | undefined): FeedStart => {
  if (fromTime === undefined) {
    return { kind: fromBeginning ? 'beginning' : 'now' };
  }
  if (fromBeginning) {
    throw new ConfigurationError(`The function "${name}" has both "startFromBeginning" and "startFromTime"`);
  }
  const time = new Date(fromTime);
  if (Number.isNaN(time.getTime())) {
    throw new ConfigurationError(`The function "${name}": "startFromTime" is "${fromTime}", which is no time`);
  }
  return { kind: 'time', time };
};
