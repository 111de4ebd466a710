import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { webhookVerification } from '../../../shared/contracts/webhooks.ts';
import type { WebhookVerification } from '../../../shared/core/webhooks/evidence.ts';

/** A request as a sender makes it. */
export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  /** Appended to the webhook's URL. */
  readonly suffix: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A sender of one kind: how its deliveries are to be verified, and how it signs them. Written from the providers' documents alone. */
export interface Sender {
  readonly name: string;
  readonly verification: WebhookVerification;
  readonly secret: string;
  /** Of the same kind, but nobody's. */
  readonly otherSecret: string;
  /** The headers that prove the sender: none of them may be missing or other. */
  readonly proofs: readonly string[];
  /** Whether deliveries are refused when they are old. */
  readonly timed: boolean;
  /** Whether the proof covers the body. */
  readonly coversBody: boolean;
  readonly contentType: string;
  /** A body that such a sender sends, the `number`th. */
  readonly body: (number: number, secret: string) => string;
  /** @param url the whole of it, without what `suffix` adds */
  readonly request: (input: {
    body: string;
    url: string;
    nowMs: number;
    secret: string;
    number: number;
  }) => SignedRequest;
}

const hmac = (algorithm: string, secret: string | Buffer, ...parts: readonly (string | Buffer)[]) => {
  const made = createHmac(algorithm, secret);
  for (const part of parts) made.update(part);
  return made;
};

const seconds = (ms: number) => String(Math.floor(ms / 1000));

const post = (contentType: string, body: string, headers: Record<string, string>, suffix = ''): SignedRequest => ({
  method: 'POST',
  suffix,
  headers: { 'content-type': contentType, ...headers },
  body: Buffer.from(body),
});

const json = 'application/json';

const verificationOf = (value: object): WebhookVerification => webhookVerification.parse(value);

const ed25519 = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')] as const;
const publicKey = (index: 0 | 1) =>
  `whpk_${Buffer.from(ed25519[index].publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')}`;

function standard(name: string, kind: 'standard-webhooks' | 'svix', prefix: string, asymmetric: boolean): Sender {
  return {
    name,
    verification: verificationOf({ kind }),
    secret: asymmetric ? publicKey(0) : 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    otherSecret: asymmetric ? publicKey(1) : 'whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    proofs: [`${prefix}-id`, `${prefix}-timestamp`, `${prefix}-signature`],
    timed: true,
    coversBody: true,
    contentType: json,
    body: (number) => `{"type":"contact.updated","data":{"id":${number}}}`,
    request: ({ body, nowMs, secret, number }) => {
      const text = `msg_${number}.${seconds(nowMs)}.${body}`;
      const key = ed25519[secret === publicKey(1) ? 1 : 0].privateKey;
      const signature = asymmetric
        ? `v1a,${sign(null, Buffer.from(text), key).toString('base64')}`
        : `v1,${hmac('sha256', Buffer.from(secret.slice(6), 'base64'), text).digest('base64')}`;
      return post(json, body, {
        [`${prefix}-id`]: `msg_${number}`,
        [`${prefix}-timestamp`]: seconds(nowMs),
        [`${prefix}-signature`]: signature,
      });
    },
  };
}

const hubSpotBody = (number: number) =>
  `[{"eventId":${number},"subscriptionId":7,"portalId":62515,"appId":1,"occurredAt":1700000000000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":${number}}]`;

function hubSpot(version: 'v1' | 'v2'): Sender {
  return {
    name: `HubSpot ${version}`,
    verification: verificationOf({ kind: 'hubspot', versions: [version] }),
    secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    otherSecret: 'zyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    proofs: ['x-hubspot-signature', 'x-hubspot-signature-version'],
    timed: false,
    coversBody: true,
    contentType: json,
    body: hubSpotBody,
    request: ({ body, url, secret }) => {
      const before = version === 'v1' ? secret : `${secret}POST${url}`;
      const signature = createHash('sha256').update(before).update(body).digest('hex');
      return post(json, body, { 'x-hubspot-signature': signature, 'x-hubspot-signature-version': version });
    },
  };
}

const organizationId = '00D5g000004hVZ7';

const outboundMessage = (number: number) => `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>${organizationId}EAM</OrganizationId>
   <ActionId>04k5g000000TNyZAAW</ActionId>
   <SessionId>00D5g000004hVZ7!AQwAQLiveSession</SessionId>
   <EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/66.0/00D5g000004hVZ7</EnterpriseUrl>
   <PartnerUrl>https://example.my.salesforce.com/services/Soap/u/66.0/00D5g000004hVZ7</PartnerUrl>
   <Notification>
    <Id>04l5g00000${String(number).padStart(5, '0')}AAA</Id>
    <sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>0035g00000AAAAAAA4</sf:Id><sf:LastName>Žižek &amp; Co</sf:LastName>
    </sObject>
   </Notification>
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`;

const templated = verificationOf({
  kind: 'hmac',
  header: 'X-Signature',
  prefix: 'v2=',
  algorithm: 'sha512',
  encoding: 'base64url',
  template: '{method}\n{path}\n{query}\n{id}.{timestamp}.{body}',
  timestamp: { header: 'X-Time', unit: 'milliseconds', toleranceSeconds: 60 },
  idHeader: 'X-Id',
  secretEncoding: 'hex',
});

/** One sender for each way to sign; tokens, addresses and certificates have tests of their own. */
export const senders: readonly Sender[] = [
  {
    name: 'Slack',
    verification: verificationOf({ kind: 'slack' }),
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    otherSecret: '9f742231b10e8888abcd99yyyzzz85a5',
    proofs: ['x-slack-signature', 'x-slack-request-timestamp'],
    timed: true,
    coversBody: true,
    contentType: json,
    body: (number) => `{"type":"event_callback","event_id":"Ev${number}","event":{"type":"message","text":"ž"}}`,
    request: ({ body, nowMs, secret }) => {
      const time = seconds(nowMs);
      const signature = `v0=${hmac('sha256', secret, `v0:${time}:${body}`).digest('hex')}`;
      return post(json, body, { 'x-slack-signature': signature, 'x-slack-request-timestamp': time });
    },
  },
  {
    name: 'HubSpot v3',
    verification: verificationOf({ kind: 'hubspot' }),
    secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    otherSecret: 'zyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    proofs: ['x-hubspot-signature-v3', 'x-hubspot-request-timestamp'],
    timed: true,
    coversBody: true,
    contentType: json,
    body: hubSpotBody,
    request: ({ body, url, nowMs, secret }) => {
      const signature = hmac('sha256', secret, `POST${url}${body}${nowMs}`).digest('base64');
      return post(json, body, { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': String(nowMs) });
    },
  },
  hubSpot('v2'),
  hubSpot('v1'),
  {
    name: 'Microsoft Graph',
    verification: verificationOf({ kind: 'microsoft-graph' }),
    secret: 'a-client-state-of-ours',
    otherSecret: 'b-client-state-of-ours',
    proofs: [],
    timed: false,
    coversBody: false,
    contentType: json,
    body: (number, secret) =>
      JSON.stringify({
        value: [
          {
            id: `n${number}`,
            subscriptionId: 's',
            changeType: 'updated',
            clientState: secret,
            resource: 'drives/1/root',
          },
        ],
      }),
    request: ({ body }) => post(json, body, {}),
  },
  {
    name: 'Salesforce',
    verification: verificationOf({ kind: 'salesforce-outbound-message', organizationId }),
    secret: 'a-secret-in-the-query',
    otherSecret: 'b-secret-in-the-query',
    proofs: [],
    timed: false,
    coversBody: false,
    contentType: 'text/xml',
    body: outboundMessage,
    request: ({ body, secret }) => post('text/xml; charset=utf-8', body, { soapaction: '""' }, `?secret=${secret}`),
  },
  standard('Standard Webhooks v1', 'standard-webhooks', 'webhook', false),
  standard('Standard Webhooks v1a', 'standard-webhooks', 'webhook', true),
  standard('Svix', 'svix', 'svix', false),
  {
    name: 'GitHub',
    verification: verificationOf({ kind: 'github' }),
    secret: "It's a Secret to Everybody",
    otherSecret: "It's a Secret to Nobody",
    proofs: ['x-hub-signature-256'],
    timed: false,
    coversBody: true,
    contentType: json,
    body: (number) => `{"action":"opened","number":${number}}`,
    request: ({ body, secret, number }) =>
      post(json, body, {
        'x-hub-signature-256': `sha256=${hmac('sha256', secret, body).digest('hex')}`,
        'x-github-delivery': `72d3162e-cc78-11e3-81ab-${String(number).padStart(12, '0')}`,
        'x-github-event': 'issues',
      }),
  },
  {
    name: 'Stripe',
    verification: verificationOf({ kind: 'stripe' }),
    secret: 'whsec_test_secret',
    otherSecret: 'whsec_best_secret',
    proofs: ['stripe-signature'],
    timed: true,
    coversBody: true,
    contentType: json,
    body: (number) => `{"id":"evt_${number}","type":"customer.updated"}`,
    request: ({ body, nowMs, secret }) => {
      const time = seconds(nowMs);
      const signature = hmac('sha256', secret, `${time}.${body}`).digest('hex');
      return post(json, body, { 'stripe-signature': `t=${time},v1=${signature}` });
    },
  },
  {
    name: 'Shopify',
    verification: verificationOf({ kind: 'shopify' }),
    secret: 'hush-hush-hush',
    otherSecret: 'hush-hush-hash',
    proofs: ['x-shopify-hmac-sha256'],
    timed: false,
    coversBody: true,
    contentType: json,
    body: (number) => `{"id":${number},"email":"ana@example.com"}`,
    request: ({ body, secret, number }) =>
      post(json, body, {
        'x-shopify-hmac-sha256': hmac('sha256', secret, body).digest('base64'),
        'x-shopify-webhook-id': `w-${number}`,
        'x-shopify-topic': 'customers/update',
      }),
  },
  {
    name: 'a configured HMAC',
    verification: templated,
    secret: '00112233445566778899aabbccddeeff',
    otherSecret: '10112233445566778899aabbccddeeff',
    proofs: ['x-signature', 'x-time', 'x-id'],
    timed: true,
    coversBody: true,
    contentType: json,
    body: (number) => `{"number":${number}}`,
    request: ({ body, url, nowMs, secret, number }) => {
      const { pathname } = new URL(url);
      const text = `POST\n${pathname}\na=1&b=%20\ni${number}.${nowMs}.${body}`;
      const signature = `v2=${hmac('sha512', Buffer.from(secret, 'hex'), text).digest('base64url')}`;
      return post(
        json,
        body,
        { 'x-signature': signature, 'x-time': String(nowMs), 'x-id': `i${number}` },
        '?a=1&b=%20',
      );
    },
  },
  {
    name: 'a shared header',
    verification: verificationOf({ kind: 'shared-header', header: 'X-Gitlab-Token' }),
    secret: 'a-shared-secret',
    otherSecret: 'b-shared-secret',
    proofs: ['x-gitlab-token'],
    timed: false,
    coversBody: false,
    contentType: json,
    body: (number) => `{"object_kind":"push","number":${number}}`,
    request: ({ body, secret }) => post(json, body, { 'x-gitlab-token': secret }),
  },
  {
    name: 'HTTP Basic',
    verification: verificationOf({ kind: 'basic', username: 'žana' }),
    secret: 'a password: with a colon',
    otherSecret: 'b password: with a colon',
    proofs: ['authorization'],
    timed: false,
    coversBody: false,
    contentType: json,
    body: (number) => `{"number":${number}}`,
    request: ({ body, secret }) =>
      post(json, body, { authorization: `Basic ${Buffer.from(`žana:${secret}`).toString('base64')}` }),
  },
];

/** The sender of that name. */
export function named(name: string): Sender {
  const found = senders.find((sender) => sender.name === name);
  if (found === undefined) throw new Error(`There is no sender ${name}`);
  return found;
}
