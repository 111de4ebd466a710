import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CrmControl, openOwnCrm } from '../kit/crm-control.ts';
import { pollUntil } from '../kit/poll-until.ts';
import type { Json } from './api-description.ts';
import type { App } from './start-app.ts';
import { hasEnded, hasRead, lenient, SteeredTenant } from './steered-tenant.ts';

const contacts = 40;

/** Runs as a dashboard follows them. The callers check each answer against the OpenAPI document. */
export function longPollSuite(app: () => App): void {
  let crm: CrmControl & { close(): Promise<void> };

  beforeAll(async () => {
    crm = await openOwnCrm({ contacts });
  });

  afterAll(async () => {
    await crm?.close();
  });

  it('answers on news, for ended runs at once, and otherwise when its time is over', async () => {
    const tenant = await SteeredTenant.create(app(), crm, lenient);
    await crm.setFaults({ kind: 'slow', ms: 300 });
    const id = await tenant.run();
    await tenant.followUntil(id, hasRead);
    await tenant.call('pauseExecution', id);
    // Its worker may still commit its page.
    let version = '';
    const quiet = await pollUntil('No news for a second', async () => {
      const { json } = await tenant.call('followExecution', id, {
        query: { waitSeconds: 1, ...(version === '' ? {} : { after: version }) },
      });
      if (json['version'] === version) return json;
      version = String(json['version']);
      return undefined;
    });
    expect(quiet['execution']).toMatchObject({ state: 'paused' });
    const following = tenant.call('followExecution', id, { query: { after: version, waitSeconds: 30 } });
    await tenant.call('resumeExecution', id);
    const news = await following;
    expect(news.json['version']).not.toBe(version);
    expect((news.json['execution'] as Json)['state']).not.toBe('paused');
    await crm.setFaults();
    const ended = await tenant.followUntil(id, hasEnded);
    const { json } = await tenant.call('followExecution', id, { query: { waitSeconds: 0 } });
    const again = await tenant.call('followExecution', id, {
      query: { after: String(json['version']), waitSeconds: 30 },
    });
    expect(again.json).toMatchObject({ version: json['version'], execution: { state: ended['state'] } });
  });

  it('of sixteen at once lets others through, and all see the end', async () => {
    const tenant = await SteeredTenant.create(app(), crm, lenient);
    await crm.setFaults({ kind: 'slow', ms: 300 });
    const id = await tenant.run();
    const pollers = Array.from({ length: 16 }, () => tenant.followUntil(id, hasEnded));
    for (let count = 0; count < 5; count += 1) expect((await tenant.call('getExecution', id)).status).toBe(200);
    const ends = await Promise.all(pollers);
    expect(new Set(ends.map((run) => JSON.stringify(run))).size).toBe(1);
    await crm.setFaults();
  });
}
