import { beforeAll, expect, it } from 'vitest';
import { type App, createTenant, type Tenant } from './start-app.ts';

export function concurrencySuite(app: () => App): void {
  let tenant: Tenant;
  let params: { integrationId: string; taskId: string };

  beforeAll(async () => {
    tenant = await createTenant(app());
    params = { integrationId: tenant.integrationId, taskId: tenant.taskId };
  });

  it.each(['Integration', 'Task'])('changes an %s only as the version that was seen', async (noun) => {
    const { admin } = tenant;
    const patch = (name: string, ifMatch: string) =>
      admin.send(`update${noun}`, { params, body: { name }, headers: { 'if-match': ifMatch } });
    const { etag } = await admin.call(`get${noun}`, { params });
    expect(etag).toMatch(/^"[^"]+"$/);
    const first = await patch('A', etag);
    expect(first.status).toBe(200);
    expect((await patch('B', etag)).problem.code).toBe('precondition-failed');
    expect((await patch('B', `W/${first.etag}`)).status).toBe(412);
    expect((await patch('C', `"x", ${first.etag}`)).status).toBe(200);
    expect((await patch('D', '*')).status).toBe(200);
    expect((await patch('E', 'no quotes')).problem.errors).toMatchObject([{ in: 'header', field: 'If-Match' }]);
    expect((await admin.send(`delete${noun}`, { params, headers: { 'if-match': etag } })).status).toBe(412);
    expect((await admin.call(`get${noun}`, { params })).json['name']).toBe('D');
  });

  it('lets one of many changes of the same version through', async () => {
    const { admin } = tenant;
    const { etag } = await admin.call('getTask', { params });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        admin.send('updateTask', { params, body: { name: `Racer ${index}` }, headers: { 'if-match': etag } }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 412)]);
    const won = answers.find((answer) => answer.status === 200);
    expect((await admin.call('getTask', { params })).json).toEqual(won?.json);
  });

  it('loses none of many unconditional changes', async () => {
    const { admin } = tenant;
    const bodies = [
      { name: 'Last' },
      { pageSize: 9 },
      { lookBackSeconds: 8 },
      { deletions: 'ignore' },
      { mode: 'full' },
    ];
    const answers = await Promise.all(bodies.map((body) => admin.send('updateTask', { params, body })));
    expect(answers.map((answer) => answer.status)).toEqual(bodies.map(() => 200));
    expect((await admin.call('getTask', { params })).json).toMatchObject(Object.assign({}, ...bodies));
  });
}
