import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import definitions from '@octokit/webhooks-examples' with { type: 'json' };
import { expect, it } from 'vitest';
import { pollUntil } from '../kit/poll-until.ts';
import { sampleId } from '../kit/sample-documents.ts';
import { named, senders } from '../kit/webhooks/signed-requests.ts';
import { type App, createTenant } from './start-app.ts';
import { openSender, sendRaw, storedDeliveries } from './webhook-sender.ts';

/** The package's types are those of its sources: it is a list. */
const githubExamples = definitions as unknown as readonly {
  readonly name: string;
  readonly examples: readonly unknown[];
}[];

/** An answer without what names the request. */
const comparable = ({ status, headers, text }: Awaited<ReturnType<typeof sendRaw>>) => {
  const { date: _date, 'x-request-id': _id, 'content-length': _length, ...rest } = headers;
  const { requestId: _requestId, instance: _instance, ...problem } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify([status, rest, problem]);
};

export function webhooksSuite(app: () => App): void {
  it.each(senders)('takes what $name sends: stored once, and nothing that is not verified', async (sender) => {
    const tenant = await createTenant(app());
    const { send } = await openSender(app(), tenant, sender);
    const ended = sender.name === 'Salesforce' ? 200 : 202;
    expect((await send()).status).toBe(ended);
    expect((await send()).status).toBe(200);
    expect((await send({ number: 2, secret: sender.otherSecret })).status).toBe(401);
    expect((await send({ number: 2 })).status).toBe(ended);
    const stored = await storedDeliveries(app(), tenant.tenantId);
    expect(stored.length).toBe(2);
    for (const { verification, body } of stored) {
      expect(verification).toMatchObject({ kind: sender.verification.kind, secret: 'current' });
      expect(JSON.stringify(body)).not.toContain(sender.secret);
    }
  });

  it("takes GitHub's own payloads, byte for byte", { timeout: 240_000 }, async () => {
    const tenant = await createTenant(app());
    const github = named('GitHub');
    const { send } = await openSender(app(), tenant, github);
    const payloads = githubExamples.flatMap(({ name, examples }) =>
      examples.map((example) => ({ name, text: JSON.stringify(example) })),
    );
    expect(payloads.length).toBeGreaterThan(150);
    for (let from = 0; from < payloads.length; from += 16) {
      await Promise.all(
        payloads.slice(from, from + 16).map(async ({ name, text }, index) => {
          const headers = [['x-github-event', name]] as const;
          expect((await send({ number: from + index, body: text, headers })).status).toBe(202);
        }),
      );
    }
    const stored = await storedDeliveries(app(), tenant.tenantId);
    const hashes = payloads.map(({ text }) => createHash('sha256').update(text).digest('hex')).sort();
    expect(stored.map(({ body }) => body.sha256).sort()).toEqual(hashes);
    expect(new Set(stored.map(({ eventType }) => eventType))).toEqual(new Set(payloads.map(({ name }) => name)));
  });

  it('answers handshakes', async () => {
    const tenant = await createTenant(app());
    const slack = await openSender(app(), tenant, named('Slack'));
    const challenge = await slack.send({ body: '{"type":"url_verification","challenge":"abc ž"}' });
    expect([challenge.status, challenge.headers['content-type'], challenge.text]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'abc ž',
    ]);
    for (const url of [slack.url, `${app().twin.api()}/webhooks/${sampleId('integration')}/nobody`]) {
      const graph = await sendRaw(`${url}?validationToken=Validation%3a+a%2Bb%20%26`, {
        headers: [['content-type', 'text/plain; charset=utf-8']],
        body: new Uint8Array(),
      });
      expect([graph.status, graph.headers['content-type'], graph.text]).toEqual([
        200,
        'text/plain; charset=utf-8',
        'Validation: a+b &',
      ]);
    }
    const handshake = { kind: 'echo-query', parameter: 'hub.challenge', secretParameter: 'hub.verify_token' };
    const github = await openSender(app(), tenant, named('GitHub'), { handshake });
    const ask = (query: string) => sendRaw(`${github.url}?${query}`, { method: 'GET' });
    const right = await ask(`hub.challenge=7&hub.verify_token=${encodeURIComponent(named('GitHub').secret)}`);
    expect([right.status, right.text]).toEqual([200, '7']);
    expect((await ask('hub.challenge=7&hub.verify_token=x')).status).toBe(401);
    const salesforce = await openSender(app(), tenant, named('Salesforce'));
    expect((await salesforce.send()).text).toContain('<Ack>true</Ack>');
    const inPath = { ...named('Salesforce').verification, secretIn: 'path' };
    await openSender(app(), tenant, named('Salesforce'), { verification: inPath });
    const message = Buffer.from(named('Salesforce').body(9, ''));
    const headers = [['content-type', 'text/xml']] as const;
    const secretUrl = `${salesforce.url}/${named('Salesforce').secret}`;
    expect((await sendRaw(secretUrl, { headers, body: message })).text).toContain('<Ack>true</Ack>');
    expect((await sendRaw(`${secretUrl}x`, { headers, body: message })).status).toBe(401);
    expect((await storedDeliveries(app(), tenant.tenantId)).length).toBe(2);
  });

  it('rotates secrets, and takes nothing any more when it is told so', async () => {
    const tenant = await createTenant(app());
    const { send } = await openSender(app(), tenant, named('GitHub'));
    const params = { integrationId: tenant.integrationId };
    const rotated = await tenant.admin.call('rotateWebhookSecret', { params, body: {} });
    const secret = rotated.text('secret');
    expect((await send({ number: 1 })).status).toBe(202);
    expect((await send({ number: 2, secret })).status).toBe(202);
    const shown = await tenant.admin.call('getWebhookEndpoint', { params });
    expect(shown.json['secrets']).toHaveLength(2);
    expect(shown.raw).not.toContain(secret);
    await tenant.admin.call('rotateWebhookSecret', { params, body: { secret: 'another secret', overlapMinutes: 0 } });
    expect((await send({ number: 3, secret })).status).toBe(401);
    expect((await send({ number: 3, secret: 'another secret' })).status).toBe(202);
    await tenant.admin.call('updateIntegration', { params, body: { enabled: false } });
    expect((await send({ number: 4, secret: 'another secret' })).status).toBe(401);
    await tenant.admin.call('updateIntegration', { params, body: { enabled: true } });
    expect((await send({ number: 4, secret: 'another secret' })).status).toBe(202);
    await tenant.admin.call('deleteWebhookEndpoint', { params });
    expect((await send({ number: 5, secret: 'another secret' })).status).toBe(401);
    expect((await tenant.admin.send('getWebhookEndpoint', { params })).status).toBe(404);
  });

  it('cannot be asked what there is: every refusal is the same', async () => {
    const tenant = await createTenant(app());
    const { send, url } = await openSender(app(), tenant, named('GitHub'));
    const refusals = [await send({ secret: 'wrong' }), await send({ headers: [['x-hub-signature-256', '']] })];
    const body = Buffer.from('{}');
    for (const path of [
      `${sampleId('integration')}/${tenant.tenantId}`,
      `${tenant.integrationId}/nobody`,
      `${tenant.integrationId}/${'x'.repeat(300)}`,
      `%00/${tenant.tenantId}`,
      'x/y',
    ]) {
      refusals.push(await sendRaw(`${app().twin.api()}/webhooks/${path}`, { body }));
    }
    refusals.push(await sendRaw(url, { method: 'GET' }), await sendRaw(`${url}/guess`, { body }));
    expect(new Set(refusals.map(comparable)).size).toBe(1);
    expect(refusals[0]?.status).toBe(401);
  });

  it('tells who runs the integration why webhooks are refused, and nobody else', async () => {
    const tenant = await createTenant(app());
    const { send } = await openSender(app(), tenant, named('GitHub'));
    const params = { integrationId: tenant.integrationId };
    const none = await tenant.admin.call('getWebhookRefusals', { params });
    expect(none.json).toEqual({ ...params, days: [], recent: [] });
    await Promise.all(Array.from({ length: 100 }, (_, number) => send({ number, secret: 'wrong' })));
    await send({ headers: [['x-hub-signature-256', '']] });
    const { json, raw } = await pollUntil('The refusals', async () => {
      const shown = await tenant.admin.call('getWebhookRefusals', { params });
      return JSON.stringify(shown.json['days']).includes('"count":101') ? shown : undefined;
    });
    const reason = 'the signature does not fit';
    expect(json).toMatchObject({ days: [{ reasons: [{ reason, count: 101 }] }] });
    expect(json['recent']).toHaveLength(5);
    expect(json['recent']).toContainEqual(expect.objectContaining({ reason, method: 'POST' }));
    expect(raw).not.toMatch(/sha256=|72d3162e/);
    const other = await createTenant(app());
    expect((await other.admin.send('getWebhookRefusals', { params })).status).toBe(404);
  });

  it.each([
    ['unsigned', false],
    ['signed', true],
  ])('refuses hostile requests, and stores nothing of them (%s)', { timeout: 120_000 }, async (_what, isSigned) => {
    const tenant = await createTenant(app());
    const sender = named('a shared header');
    const { url } = await openSender(app(), tenant, sender);
    const proof = isSigned ? ([['x-gitlab-token', sender.secret]] as const) : [];
    const json = [...proof, ['content-type', 'application/json']] as const;
    const xml = [...proof, ['content-type', 'text/xml']] as const;
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const laughs = `<!DOCTYPE l [<!ENTITY a "ha">${'<!ENTITY b "&a;&a;&a;">'.repeat(10)}]><l>&b;</l>`;
    const attacks: readonly (readonly [string, Parameters<typeof sendRaw>[1]])[] = [
      ['10 MB', { headers: json, body: Buffer.alloc(10_000_000, 0x20) }],
      ['a gzip bomb', { headers: [...json, ['content-encoding', 'gzip']], body: bomb }],
      ['a gzip bomb that does not say so', { headers: json, body: bomb.subarray(0, 40_000) }],
      ['deep JSON', { headers: json, body: Buffer.from('['.repeat(900_000)) }],
      ['deep objects', { headers: json, body: Buffer.from('{"a":'.repeat(150_000)) }],
      ['XML entities', { headers: xml, body: Buffer.from(laughs) }],
      [
        'an external entity',
        { headers: xml, body: Buffer.from('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>') },
      ],
      ['deep XML', { headers: xml, body: Buffer.from('<a>'.repeat(100_000)) }],
      ['bad UTF-8', { headers: json, body: Uint8Array.from([0x22, 0xc3, 0x28, 0x22]) }],
      ['half a surrogate pair in UTF-8', { headers: json, body: Uint8Array.from([0x22, 0xed, 0xa0, 0x80, 0x22]) }],
      ['UTF-16', { headers: json, body: Buffer.from('{"a":1}', 'utf16le') }],
      ['no JSON', { headers: json, body: Buffer.from("{'a':1}") }],
      ['nothing', { headers: json, body: new Uint8Array() }],
      ['a chunked body', { headers: [...json, ['transfer-encoding', 'chunked']], body: Buffer.from('{}') }],
      ['an executable', { headers: [...proof, ['content-type', 'application/octet-stream']], body: Buffer.from('MZ') }],
      ['the proof twice', { headers: [...proof, ...json], body: Buffer.from('{}') }],
      [
        'the type twice',
        { headers: [...json, ['content-type', 'text/xml, application/json']], body: Buffer.from('<a>') },
      ],
    ];
    for (const [what, request] of attacks) {
      const { status, text } = await sendRaw(url, request);
      expect([what, status >= 400 && status < 500, status, text.includes('code')]).toEqual([what, true, status, true]);
      if (!isSigned) expect([what, [401, 411, 413, 415].includes(status)]).toEqual([what, true]);
    }
    expect(await storedDeliveries(app(), tenant.tenantId)).toEqual([]);
    const after = await sendRaw(url, {
      headers: [
        ['x-gitlab-token', sender.secret],
        ['content-type', 'application/json'],
      ],
      body: Buffer.from('{"still":"here"}'),
    });
    expect(after.status).toBe(202);
  });
}
