import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concurrencySuite } from './concurrency.suite.ts';
import { conflictsSuite } from './conflicts.suite.ts';
import { conversionSuite } from './conversion.suite.ts';
import { corruptDocumentSuite } from './corrupt-document.suite.ts';
import { deliveriesSuite } from './deliveries.suite.ts';
import { everyRouteSuite } from './every-route.suite.ts';
import { fuzzSuite } from './fuzz.suite.ts';
import { idempotencySuite } from './idempotency.suite.ts';
import { longPollSuite } from './long-poll.suite.ts';
import { outgoingSuite } from './outgoing.suite.ts';
import { pagingSuite } from './paging.suite.ts';
import { pushesSuite } from './pushes.suite.ts';
import { retriesSuite } from './retries.suite.ts';
import { rollbackSuite } from './rollback.suite.ts';
import { runListsSuite } from './run-lists.suite.ts';
import { signInSuite } from './sign-in.suite.ts';
import { type App, startApp } from './start-app.ts';
import { steeringSuite } from './steering.suite.ts';
import { unroutedSuite } from './unrouted.suite.ts';
import { webhooksSuite } from './webhooks.suite.ts';

/** All suites share one app: it takes longer to start than most of them to run. */
describe('the API over HTTP', () => {
  let app: App | undefined;
  const running = (): App => {
    if (app === undefined) throw new Error('The app is not running');
    return app;
  };

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(async () => {
    await app?.close();
  });

  describe('every route', () => everyRouteSuite(running));
  describe('conversion schemas', () => conversionSuite(running));
  describe('conflicts', () => conflictsSuite(running));
  describe('sign-in', () => signInSuite(running));
  describe('idempotency', () => idempotencySuite(running));
  describe('concurrency', () => concurrencySuite(running));
  describe('events and subscriptions', () => outgoingSuite(running));
  describe('paging', () => pagingSuite(running));
  describe('pushes', () => pushesSuite(running));
  describe('what is not routed', () => unroutedSuite(running));
  describe('steering of runs', () => steeringSuite(running));
  describe('retries', () => retriesSuite(running));
  describe('rollbacks', () => rollbackSuite(running));
  describe('lists of runs', () => runListsSuite(running));
  describe('the long poll', () => longPollSuite(running));
  describe('webhooks', () => webhooksSuite(running));
  describe('webhook deliveries', () => deliveriesSuite(running));
  describe('fuzz', () => fuzzSuite(running));

  it('met no failure of its own in all this', () => {
    expect(running().alerts).toEqual([]);
  });

  describe('a corrupt document', () => corruptDocumentSuite(running));
});
