import { createHash, createHmac } from 'node:crypto';
import { type Evidence, refuse, type Verdict, type WebhookRequest, type WebhookVerification } from './evidence.ts';
import { findFitting, sameText } from './secret-match.ts';
import { readSignedTime } from './signed-time.ts';

type Versions = Extract<WebhookVerification, { kind: 'hubspot' }>['versions'];

/** HubSpot's own limit. */
const toleranceMs = 300_000;

/**
 * HubSpot's three signatures. v3 has a time; where it is accepted and sent, it alone decides. The older ones, v1 over the body and v2 over method,
 * URL and body, count where they are asked for.
 */
export function verifyHubSpot(versions: Versions, evidence: Evidence): Verdict {
  const { request } = evidence;
  if (versions.includes('v3') && request.header('x-hubspot-signature-v3') !== undefined) return verifyV3(evidence);
  const version = request.header('x-hubspot-signature-version');
  const given = request.header('x-hubspot-signature');
  const accepted = version === 'v1' || version === 'v2' ? versions.includes(version) : false;
  const secret = findFitting(evidence.secrets, (value) => {
    const hash = createHash('sha256').update(value);
    if (version === 'v2') hash.update(request.method + request.url);
    return sameText(hash.update(request.body).digest('hex'), given ?? '');
  });
  if (!accepted) return refuse('no accepted version of the signature is there');
  if (given === undefined) return refuse('the header x-hubspot-signature is missing');
  if (secret === undefined) return refuse('the signature does not fit');
  return { verified: true, detail: `HubSpot signature ${version}`, secret };
}

function verifyV3({ request, secrets, nowMs }: Evidence): Verdict {
  const given = request.header('x-hubspot-signature-v3') ?? '';
  const time = request.header('x-hubspot-request-timestamp');
  const secret = findFitting(secrets, (value) => sameText(signV3(value, request, time ?? ''), given));
  const signed = readSignedTime(time, { unit: 'milliseconds', toleranceMs, nowMs });
  if ('why' in signed) return refuse(signed.why);
  if (secret === undefined) return refuse('the signature does not fit');
  return { verified: true, detail: 'HubSpot signature v3', secret, signedAtMs: signed.atMs };
}

function signV3(secret: string, request: WebhookRequest, time: string): string {
  return createHmac('sha256', secret)
    .update(request.method + decodeSome(request.url))
    .update(request.body)
    .update(time)
    .digest('base64');
}

/** HubSpot signs its URL with these characters decoded, and no others. */
const decoded: Readonly<Record<string, string>> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
};

function decodeSome(url: string): string {
  return url.replace(/%[0-9a-f]{2}/gi, (code) => decoded[code.toUpperCase()] ?? code);
}
