import type {
  ChangeFeedPullModelIterator,
  ChangeFeedStartFrom,
  Container,
  ContainerDefinition,
  CosmosClient,
  FeedRange,
  Resource,
} from '@azure/cosmos';
import { ConfigurationError } from '../config/errors.ts';
import { createLeaseStore, type FeedRangeBounds, type Lease, type LeaseStore, statusOf } from './lease-store.ts';
import type { ChangeFeedTrigger } from './trigger.ts';

/** The change feed of a container and the leases that share it out. */
export interface Feed {
  readonly leases: LeaseStore;
  /** Reads on from where the lease is. */
  read(lease: Lease): ChangeFeedPullModelIterator<unknown>;
}

export interface CosmosAccounts {
  readonly monitored: CosmosClient;
  readonly leases: CosmosClient;
  /** The SDK's, handed in so that a host without change feeds does not load it. */
  readonly startFrom: typeof ChangeFeedStartFrom;
}

/**
 * Finds both containers and makes the leases that are missing. A lease that begins now has its place from this moment on.
 * @throws ConfigurationError when a container is missing or cannot hold leases; what the SDK throws
 */
export const openFeed = async (
  accounts: CosmosAccounts,
  trigger: ChangeFeedTrigger,
  onRenewalFailed: (error: unknown) => void,
): Promise<Feed> => {
  const { databaseName, containerName } = trigger.monitored;
  const monitored = accounts.monitored.database(databaseName).container(containerName);
  const { _rid: containerRid } = await readContainer(monitored, databaseName);
  const leaseContainer = await openLeaseContainer(accounts.leases, trigger);
  // Without the port, which may be another one at each start on this machine.
  const account = new URL(await accounts.monitored.getReadEndpoint()).hostname;
  const prefix = idPrefix(trigger.leasePrefix, account, databaseName, containerRid);
  const times = { expirationMs: trigger.leaseExpirationIntervalMs, renewMs: trigger.leaseRenewIntervalMs };
  const leases = createLeaseStore(leaseContainer, prefix, times, onRenewalFailed);
  const ranges = await monitored.getFeedRanges();
  const known = await leases.list();
  for (const range of ranges) {
    // A lease goes on with its part of the feed also when the range has been split or merged since.
    if (!known.some((lease) => overlap(lease.range, range))) {
      await leases.create(boundsOf(range), await firstContinuation(accounts.startFrom, monitored, trigger, range));
    }
  }
  return {
    leases,
    read: (lease) =>
      monitored.items.getChangeFeedIterator({
        maxItemCount: trigger.maxItemsPerInvocation,
        changeFeedStartFrom:
          lease.continuation === undefined
            ? startOf(accounts.startFrom, trigger, rangeOf(ranges, lease))
            : accounts.startFrom.Continuation(lease.continuation),
      }),
  };
};

const openLeaseContainer = async (client: CosmosClient, trigger: ChangeFeedTrigger): Promise<Container> => {
  const { databaseName, containerName } = trigger.leases;
  const database = client.database(databaseName);
  if (trigger.createLeaseContainer) {
    await database.containers.createIfNotExists({
      id: containerName,
      partitionKey: { paths: ['/id'] },
      ...(trigger.leaseThroughput === undefined ? {} : { throughput: trigger.leaseThroughput }),
    });
  }
  const container = database.container(containerName);
  const [path] = (await readContainer(container, databaseName)).partitionKey?.paths ?? [];
  if (path !== '/id' && path !== '/partitionKey') {
    throw new ConfigurationError(
      `The lease container "${containerName}" must have "/id" as its partition key, not "${path}"`,
    );
  }
  return container;
};

const readContainer = async (container: Container, databaseName: string): Promise<ContainerDefinition & Resource> => {
  try {
    const { resource } = await container.read();
    if (resource !== undefined) {
      return resource;
    }
  } catch (error) {
    if (statusOf(error) !== 404) {
      throw error;
    }
  }
  throw new ConfigurationError(`There is no container "${container.id}" in the database "${databaseName}"`);
};

const overlap = (one: FeedRangeBounds, other: FeedRangeBounds): boolean =>
  one.minInclusive < other.maxExclusive && other.minInclusive < one.maxExclusive;

/** Ids may not hold `/`, `\`, `#` and `?`. The container's rid keeps one that was made anew apart. */
const idPrefix = (prefix: string, account: string, databaseName: string, containerRid: string): string =>
  `${prefix}${account}_${databaseName}_${containerRid}..`.replace(/[/\\#?]/g, '-');

const firstContinuation = async (
  startFrom: typeof ChangeFeedStartFrom,
  container: Container,
  trigger: ChangeFeedTrigger,
  range: FeedRange,
): Promise<string | undefined> => {
  if (trigger.start.kind !== 'now') {
    return undefined;
  }
  const page = await container.items
    .getChangeFeedIterator({ maxItemCount: 1, changeFeedStartFrom: startFrom.Now(range) })
    .readNext();
  return page.continuationToken;
};

const startOf = (startFrom: typeof ChangeFeedStartFrom, { start }: ChangeFeedTrigger, range: FeedRange) => {
  switch (start.kind) {
    case 'now':
      return startFrom.Now(range);
    case 'beginning':
      return startFrom.Beginning(range);
    case 'time':
      return startFrom.Time(start.time, range);
  }
};

const rangeOf = (ranges: readonly FeedRange[], lease: Lease): FeedRange => {
  const { minInclusive, maxExclusive } = lease.range;
  const range = ranges.find((each) => {
    const bounds = boundsOf(each);
    return bounds.minInclusive === minInclusive && bounds.maxExclusive === maxExclusive;
  });
  if (range === undefined) {
    throw new Error(`The lease ${lease.id} has read nothing yet and its range is no more: remove the lease`);
  }
  return range;
};

const boundsOf = ({ minInclusive, maxExclusive }: FeedRange): FeedRangeBounds => ({ minInclusive, maxExclusive });
