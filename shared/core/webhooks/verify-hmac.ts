import { createHmac, type Hmac } from 'node:crypto';
import { type Evidence, refuse, type Verdict, type WebhookRequest, type WebhookVerification } from './evidence.ts';
import { findFitting, sameText } from './secret-match.ts';
import { readSignedTime } from './signed-time.ts';

export type HmacScheme = Omit<Extract<WebhookVerification, { kind: 'hmac' }>, 'kind'>;

/**
 * A signature by shared secret over a template of the request. It is made also where something is missing, so that a refusal takes as long as
 * an acceptance. Signatures are compared as they are written: no other spelling of the same bytes counts.
 */
export function verifyHmac(scheme: HmacScheme, { request, secrets, nowMs }: Evidence): Verdict {
  const given = request.header(scheme.header);
  const time = timeOf(scheme, request, nowMs);
  const id = scheme.idHeader === undefined ? '' : request.header(scheme.idHeader);
  const secret = findFitting(secrets, (value) =>
    sameText(scheme.prefix + sign(scheme, value, { request, id: id ?? '' }), given ?? ''),
  );
  if (given === undefined) return refuse(`the header ${scheme.header} is missing`);
  if (id === undefined) return refuse(`the header ${scheme.idHeader} is missing`);
  if ('why' in time) return refuse(time.why);
  if (secret === undefined) return refuse('the signature does not fit');
  return {
    verified: true,
    detail: `HMAC-${scheme.algorithm.toUpperCase()} over ${scheme.template}`,
    secret,
    signedAtMs: time.atMs,
  };
}

function timeOf(
  { timestamp }: HmacScheme,
  request: WebhookRequest,
  nowMs: number,
): { readonly atMs: number | undefined } | { readonly why: string } {
  if (timestamp === undefined) return { atMs: undefined };
  const { header, unit, toleranceSeconds } = timestamp;
  return readSignedTime(request.header(header), { unit, toleranceMs: toleranceSeconds * 1000, nowMs });
}

function sign(scheme: HmacScheme, secret: string, signed: { request: WebhookRequest; id: string }): string {
  const hmac = createHmac(scheme.algorithm, keyOf(scheme, secret));
  for (const part of scheme.template.split(/(\{[a-z]+\})/)) update(hmac, part, scheme, signed);
  return encode(hmac, scheme.encoding);
}

function update(
  hmac: Hmac,
  part: string,
  scheme: HmacScheme,
  { request, id }: { request: WebhookRequest; id: string },
): void {
  if (part === '{body}') hmac.update(request.body);
  else if (part === '{method}') hmac.update(request.method);
  else if (part === '{url}') hmac.update(request.url);
  else if (part === '{path}') hmac.update(request.path);
  else if (part === '{query}') hmac.update(request.search);
  else if (part === '{id}') hmac.update(id);
  else if (part === '{timestamp}') hmac.update(request.header(scheme.timestamp?.header ?? '') ?? '');
  else hmac.update(part);
}

function keyOf({ secretEncoding }: HmacScheme, secret: string): string | Buffer {
  return secretEncoding === 'text' ? secret : Buffer.from(secret, secretEncoding);
}

function encode(hmac: Hmac, encoding: HmacScheme['encoding']): string {
  return encoding === 'hex-upper' ? hmac.digest('hex').toUpperCase() : hmac.digest(encoding);
}
