import { createHmac } from 'node:crypto';
import { type Evidence, refuse, type Verdict } from './evidence.ts';
import { findFitting, sameText } from './secret-match.ts';
import { readSignedTime } from './signed-time.ts';

const mostSignatures = 10;

/** `Stripe-Signature: t=…,v1=…`: while a secret is rotated there are several `v1`; other schemes do not count. */
export function verifyStripe(toleranceSeconds: number, { request, secrets, nowMs }: Evidence): Verdict {
  const { times, signatures, isOdd } = readHeader(request.header('stripe-signature') ?? '');
  const [time, another] = times;
  const secret = findFitting(secrets, (value) => {
    const expected = createHmac('sha256', value)
      .update(`${time ?? ''}.`)
      .update(request.body)
      .digest('hex');
    let fits = false;
    for (const signature of signatures) fits = sameText(expected, signature) || fits;
    return fits;
  });
  if (another !== undefined || isOdd) return refuse('the signature is not one that Stripe writes');
  const signed = readSignedTime(time, { unit: 'seconds', toleranceMs: toleranceSeconds * 1000, nowMs });
  if ('why' in signed) return refuse(signed.why);
  if (secret === undefined) return refuse('no v1 signature fits');
  return { verified: true, detail: 'Stripe signature v1', secret, signedAtMs: signed.atMs };
}

function readHeader(header: string): { times: string[]; signatures: string[]; isOdd: boolean } {
  const parts = header.split(',');
  const valuesOf = (name: string) => parts.flatMap((part) => (part.startsWith(name) ? [part.slice(name.length)] : []));
  return {
    times: valuesOf('t='),
    signatures: valuesOf('v1=').slice(0, mostSignatures),
    isOdd: parts.some((part) => !/^[a-z]\w{0,9}=\S*$/.test(part)),
  };
}
