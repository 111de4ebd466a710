import { z } from 'zod';
import { fieldPath, text } from './identifiers.ts';

/** A header's name, in any case of letters. */
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'must be the name of a header')
  .overwrite((name) => name.toLowerCase());

const queryName = z.string().regex(/^[A-Za-z0-9._~-]{1,64}$/, 'must be the name of a query parameter');

/** At most an hour: what is older may have been overheard. */
const toleranceSeconds = z
  .int()
  .min(1)
  .max(3600)
  .default(300)
  .describe('How far the signed time may be from ours, in seconds');

const addressOrRange = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);

const sourceRange = z
  .string()
  .max(64)
  .refine((value) => addressOrRange.safeParse(value).success, 'must be an address or a range such as "192.0.2.0/24"')
  .describe('An address, or a range in CIDR notation');

export const webhookSourceRanges = z.array(sourceRange).min(1).max(100);

const parts = ['{method}', '{url}', '{path}', '{query}', '{id}', '{timestamp}', '{body}'] as const;

/** What is signed: literal text and the parts of the request. */
const template = z
  .string()
  .max(256)
  .refine(
    (value) => (value.match(/\{[^{}]*\}/g) ?? []).every((part) => parts.some((each) => each === part)),
    `may hold no other parts than ${parts.join(', ')}`,
  )
  .refine((value) => value.split('{body}').length === 2, 'must hold {body} once')
  .default('{body}');

const signedTime = z.strictObject({
  header: headerName,
  unit: z.enum(['seconds', 'milliseconds']).default('seconds'),
  toleranceSeconds,
});

const hmac = z
  .strictObject({
    kind: z.literal('hmac'),
    header: headerName.describe('The header with the signature'),
    prefix: z
      .string()
      .regex(/^[\x21-\x7e]{0,32}$/, 'must be printable ASCII')
      .default('')
      .describe('What stands in front of the signature, for example "sha256="'),
    algorithm: z.enum(['sha1', 'sha256', 'sha384', 'sha512']).default('sha256'),
    encoding: z.enum(['hex', 'hex-upper', 'base64', 'base64url']).default('hex'),
    template,
    timestamp: signedTime.optional().describe('Where the signed time is; without it old deliveries can be sent again'),
    idHeader: headerName.optional().describe('The header behind {id}'),
    secretEncoding: z.enum(['text', 'hex', 'base64']).default('text').describe('How the secret is written'),
  })
  .refine(({ template: signed, timestamp }) => signed.includes('{timestamp}') === (timestamp !== undefined), {
    path: ['template'],
    message: 'must hold {timestamp} exactly when `timestamp` is given',
  })
  .refine(({ template: signed, idHeader }) => signed.includes('{id}') === (idHeader !== undefined), {
    path: ['template'],
    message: 'must hold {id} exactly when `idHeader` is given',
  });

/** Keys come over TLS, but for those on this machine. */
function isOfKeys(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  return (protocol === 'https:' || isLocal) && username === '' && password === '';
}

/**
 * How it is proved that a delivery comes from the provider. Secrets are no part of it: they are set beside it and kept in Key Vault. Whatever
 * is missing or does not fit is refused.
 */
export const webhookVerification = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('slack'), toleranceSeconds }),
    z.strictObject({
      kind: z.literal('hubspot'),
      versions: z
        .array(z.enum(['v1', 'v2', 'v3']))
        .min(1)
        .max(3)
        .default(['v3'])
        .describe('The versions of its signature that are accepted; only v3 has a time'),
    }),
    z.strictObject({
      kind: z.literal('microsoft-graph'),
      applicationId: z
        .uuid()
        .optional()
        .describe('Your application, which the tokens of notifications with resource data are for'),
      directoryId: z.uuid().optional().describe('The only directory whose tokens are accepted'),
      loginHost: z
        .enum(['login.microsoftonline.com', 'login.microsoftonline.us', 'login.partner.microsoftonline.cn'])
        .default('login.microsoftonline.com')
        .describe('The cloud whose keys the tokens are verified with'),
    }),
    z.strictObject({
      kind: z.literal('salesforce-outbound-message'),
      organizationId: z
        .string()
        .regex(/^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$/, 'must be an organisation id of 15 or 18 characters'),
      secretIn: z.enum(['path', 'query']).default('query').describe('Where in the URL the secret stands'),
    }),
    z.strictObject({ kind: z.literal('standard-webhooks'), toleranceSeconds }),
    z.strictObject({ kind: z.literal('svix'), toleranceSeconds }),
    z.strictObject({ kind: z.literal('github') }),
    z.strictObject({ kind: z.literal('stripe'), toleranceSeconds }),
    z.strictObject({ kind: z.literal('shopify') }),
    hmac,
    z.strictObject({
      kind: z.literal('shared-header'),
      header: headerName,
      prefix: z
        .string()
        .regex(/^[\x20-\x7e]{0,32}$/, 'must be printable ASCII')
        .default(''),
    }),
    z.strictObject({
      kind: z.literal('basic'),
      username: text(256).refine((name) => !name.includes(':'), 'must not contain a colon'),
    }),
    z.strictObject({
      kind: z.literal('jwt'),
      header: headerName.default('authorization'),
      jwksUrl: z
        .url({ protocol: /^https?$/, error: 'must be an https URL' })
        .max(2048)
        .refine(isOfKeys, 'must be https and name no user'),
      issuer: text(512),
      audience: text(512),
      algorithms: z
        .array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']))
        .min(1)
        .default(['RS256']),
      bodyHashClaim: z
        .string()
        .regex(/^[A-Za-z0-9_.:/-]{1,64}$/, 'must be the name of a claim')
        .optional()
        .describe(
          'The claim with the SHA-256 of the body, in hex or base64; without it the token does not cover the body',
        ),
    }),
    z.strictObject({ kind: z.literal('source-addresses'), ranges: webhookSourceRanges }),
    z.strictObject({
      kind: z.literal('client-certificate'),
      sha256Fingerprints: z
        .array(
          z
            .string()
            .overwrite((value) => value.replaceAll(':', '').toLowerCase())
            .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 fingerprint in hex'),
        )
        .min(1)
        .max(10),
    }),
  ])
  .meta({ id: 'WebhookVerification' });

/** How the provider makes sure that the URL is ours, beyond what its kind of verification says. */
export const webhookHandshake = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('echo-query'),
      parameter: queryName.default('challenge'),
      secretParameter: queryName.optional().describe('The parameter that must hold the secret'),
    }),
    z.strictObject({
      kind: z.literal('echo-body'),
      path: fieldPath.default('challenge').describe('Where the challenge is in a verified JSON body'),
    }),
  ])
  .meta({ id: 'WebhookHandshake' });

/**
 * What makes two requests the same delivery. An event id holds for as long as deliveries are kept; without one the content decides, together
 * with the signed time where there is one, for `contentWindowMinutes`.
 */
export const webhookIdentity = z
  .discriminatedUnion('by', [
    z.strictObject({ by: z.literal('header'), header: headerName }),
    z.strictObject({ by: z.literal('body'), path: fieldPath }),
    z.strictObject({ by: z.literal('content'), windowMinutes: z.int().min(1).max(43_200).default(1440) }),
    z.strictObject({ by: z.literal('none') }),
  ])
  .meta({ id: 'WebhookIdentity' });

/** Where a delivery stands. `failed` waits for its next try; `processed`, `ignored` and `dead` are ends, until somebody replays it. */
export const deliveryState = z.enum(['received', 'processing', 'processed', 'failed', 'dead', 'ignored']);
