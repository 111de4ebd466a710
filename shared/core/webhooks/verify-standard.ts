import { createHmac, createPublicKey, createSecretKey, type KeyObject, verify } from 'node:crypto';
import { type Evidence, type LiveSecret, refuse, type Verdict, type WebhookRequest } from './evidence.ts';
import { findFitting, sameText } from './secret-match.ts';
import { readSignedTime } from './signed-time.ts';

const mostSignatures = 10;

/**
 * Standard Webhooks 1.0, and Svix with its own names of the headers. The kind of secret says which signatures count: `whsec_` (symmetric) only
 * `v1`, `whpk_` (the sender's Ed25519 key) only `v1a`.
 */
export function verifyStandard(
  names: { readonly prefix: 'webhook' | 'svix'; readonly toleranceSeconds: number },
  { request, secrets, nowMs }: Evidence,
): Verdict {
  const { prefix, toleranceSeconds } = names;
  const id = request.header(`${prefix}-id`);
  const time = request.header(`${prefix}-timestamp`);
  const given = request.header(`${prefix}-signature`);
  const signatures = (given ?? '').split(' ').slice(0, mostSignatures);
  const text = signedText(request, `${id ?? ''}.${time ?? ''}.`);
  const secret = findFitting(secrets, (_value, each) => fitsAny(each, text, signatures));
  if (id === undefined || id === '') return refuse(`the header ${prefix}-id is missing`);
  // Else what was signed could be cut into another id, time and body.
  if (id.includes('.')) return refuse(`the header ${prefix}-id holds the sign that ends it`);
  if (given === undefined) return refuse(`the header ${prefix}-signature is missing`);
  const signed = readSignedTime(time, { unit: 'seconds', toleranceMs: toleranceSeconds * 1000, nowMs });
  if ('why' in signed) return refuse(signed.why);
  if (!signatures.every((signature) => /^v\w{1,9},[A-Za-z0-9+/]+={0,2}$/.test(signature))) {
    return refuse(`the header ${prefix}-signature is no list of signatures`);
  }
  if (secret === undefined) return refuse('no signature fits');
  return { verified: true, detail: 'Standard Webhooks signature', secret, signedAtMs: signed.atMs };
}

function signedText(request: WebhookRequest, before: string): Buffer {
  return Buffer.concat([Buffer.from(before), request.body]);
}

/** Of secrets that are remembered: to make a key of bytes costs several times what a signature does. */
const keys = new WeakMap<LiveSecret, StandardKey>();

function fitsAny(secret: LiveSecret, text: Buffer, signatures: readonly string[]): boolean {
  const key = keys.get(secret) ?? parseStandardSecret(secret.value);
  if (key === undefined) return false;
  keys.set(secret, key);
  let fits = false;
  for (const signature of signatures) fits = key.fits(text, signature) || fits;
  return fits;
}

interface StandardKey {
  readonly fits: (text: Buffer, signature: string) => boolean;
}

/** `undefined` for what is neither a `whsec_` of 16 to 64 bytes nor a `whpk_` of 32. */
export function parseStandardSecret(secret: string): StandardKey | undefined {
  if (secret.startsWith('whpk_')) {
    const key = parsePublicKey(secret.slice('whpk_'.length));
    return key === undefined ? undefined : { fits: (text, signature) => fitsPublicKey(key, text, signature) };
  }
  const bytes = strictBase64(secret.replace(/^whsec_/, ''));
  if (bytes === undefined || bytes.length < 16 || bytes.length > 64) return undefined;
  const key = createSecretKey(bytes);
  return {
    fits: (text, signature) => sameText(`v1,${createHmac('sha256', key).update(text).digest('base64')}`, signature),
  };
}

function fitsPublicKey(key: KeyObject, text: Buffer, signature: string): boolean {
  const bytes = signature.startsWith('v1a,') ? strictBase64(signature.slice('v1a,'.length)) : undefined;
  return bytes?.length === 64 && verify(null, text, key, bytes);
}

function parsePublicKey(text: string): KeyObject | undefined {
  const bytes = strictBase64(text);
  if (bytes?.length !== 32) return undefined;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** Only the one spelling that encoding gives. */
function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined;
}
