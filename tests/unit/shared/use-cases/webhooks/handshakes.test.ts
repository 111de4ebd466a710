import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createIntake } from '../../../../kit/webhooks/intake-world.ts';
import { named } from '../../../../kit/webhooks/signed-requests.ts';

const github = named('GitHub');

describe('handshakes', () => {
  const text = { 'content-type': 'text/plain; charset=utf-8' };

  it('Slack: the challenge of a signed request, and of no other', async () => {
    const { send, stored } = await createIntake(named('Slack'));
    const body =
      '{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}';
    const answer = await send({ body });
    expect(answer).toMatchObject({
      status: 200,
      headers: text,
      body: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
    });
    expect((await send({ body, secret: 'wrong-secret' })).status).toBe(401);
    expect(stored()).toEqual([]);
  });

  it.each(['known', 'unknown'])('Microsoft Graph: the token, decoded, at once, at any URL (%s)', async (which) => {
    const { send, stored, deps } = await createIntake(named('Microsoft Graph'));
    deps.faults.onOperation = () => {
      throw new Error('Nothing has to be asked');
    };
    const integrationId = which === 'known' ? {} : { integrationId: 'int_unknown' };
    const suffix = '?validationToken=Validation%3A+Testing%20client%20%E2%9C%93';
    const answer = await send({ ...integrationId, suffix, headers: { 'content-type': 'text/plain' }, body: '' });
    expect(answer).toMatchObject({ status: 200, headers: { ...text, 'x-content-type-options': 'nosniff' } });
    expect(answer.body).toBe('Validation: Testing client ✓');
    expect(stored()).toEqual([]);
  });

  it('HubSpot: a signed GET', async () => {
    const { send, stored } = await createIntake(named('HubSpot v2'));
    const signature = 'signed for POST';
    expect((await send({ method: 'GET', headers: { 'x-hubspot-signature': signature } })).status).toBe(401);
    const sender = named('HubSpot v2');
    const world = await createIntake(sender);
    const url = `https://hooks.example/api/webhooks/${world.integrationId}/acme`;
    const right = createHash('sha256').update(`${sender.secret}GET${url}`).digest('hex');
    const answer = await world.send({
      method: 'GET',
      headers: { 'x-hubspot-signature': right },
      body: new Uint8Array(),
    });
    expect(answer.status).toBe(200);
    expect([...stored(), ...world.stored()]).toEqual([]);
  });

  it('Salesforce: the acknowledgement, each time', async () => {
    const { send } = await createIntake(named('Salesforce'));
    for (let time = 0; time < 2; time += 1) {
      const answer = await send();
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/xml; charset=utf-8' } });
      expect(answer.body).toContain(
        '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>',
      );
    }
    expect((await send({ secret: 'another-secret-here' })).body).not.toContain('Ack');
  });

  it('a challenge in the query, with the secret where that is asked for', async () => {
    const handshake = { kind: 'echo-query', parameter: 'hub.challenge', secretParameter: 'hub.verify_token' } as const;
    const { send, set } = await createIntake(github, {}, { handshake });
    const secret = encodeURIComponent(github.secret);
    const ask = (suffix: string) =>
      send({ method: 'GET', suffix, body: '', headers: { 'x-hub-signature-256': undefined } });
    expect(await ask(`?hub.challenge=1158&hub.verify_token=${secret}`)).toMatchObject({ status: 200, body: '1158' });
    expect((await ask('?hub.challenge=1158&hub.verify_token=wrong')).status).toBe(401);
    expect((await ask('?hub.challenge=1158')).status).toBe(401);
    expect((await ask(`?hub.verify_token=${secret}`)).status).toBe(401);
    await set({ verification: github.verification, handshake: { kind: 'echo-query', parameter: 'challenge' } });
    expect(await ask('?challenge=abc')).toMatchObject({ status: 200, headers: text, body: 'abc' });
  });

  it('a challenge in a signed body', async () => {
    const { send, stored } = await createIntake(
      github,
      {},
      { handshake: { kind: 'echo-body', path: 'data.challenge' } },
    );
    const body = '{"data":{"challenge":"abc"}}';
    expect(await send({ body })).toMatchObject({ status: 200, headers: text, body: 'abc' });
    expect((await send({ body, secret: 'not the secret' })).status).toBe(401);
    expect((await send()).status).toBe(202);
    expect(stored().length).toBe(1);
  });
});
