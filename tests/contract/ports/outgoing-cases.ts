import {
  sampleDispatch,
  sampleEndpoint,
  sampleEventReplay,
  samplePoison,
  samplePublishedEvent,
  sampleSubscription,
} from '../../kit/sample-outgoing.ts';
import { byId, type CollectionCase, collectionCase } from './collection-case.ts';

/** What is kept to pass events on. */
export const outgoingCases: readonly CollectionCase[] = [
  collectionCase({
    name: 'poison',
    container: 'poison',
    open: (stores) => stores.poison,
    sample: (tenantId, like) => samplePoison(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, reason: `${document.reason}!` }),
    listable: true,
  }),
  collectionCase({
    name: 'publishedEvents',
    container: 'transient',
    open: (stores) => stores.publishedEvents,
    sample: (tenantId, like) => samplePublishedEvent(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, contentHash: `${document.contentHash}x` }),
    listable: true,
  }),
  collectionCase({
    name: 'subscriptions',
    container: 'config',
    open: (stores) => stores.subscriptions,
    sample: (tenantId, like) => sampleSubscription(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, enabled: !document.enabled }),
    listable: true,
  }),
  collectionCase({
    name: 'endpoints',
    container: 'config',
    open: (stores) => stores.endpoints,
    sample: (tenantId, like) => sampleEndpoint(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, consecutiveFailures: document.consecutiveFailures + 1 }),
    listable: true,
  }),
  collectionCase({
    name: 'dispatches',
    container: 'dispatches',
    open: (stores) => stores.dispatches,
    sample: (tenantId, like) => sampleDispatch(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, attemptCount: document.attemptCount + 1 }),
    listable: true,
  }),
  collectionCase({
    name: 'eventReplays',
    container: 'dispatches',
    open: (stores) => stores.eventReplays,
    sample: (tenantId, like) => sampleEventReplay(tenantId, like),
    keyOf: byId,
    change: (document) => ({ ...document, examined: document.examined + 1 }),
    listable: true,
  }),
];
