import { type Evidence, refuse, type Verdict, type WebhookVerification } from './evidence.ts';
import { findFitting, sameText } from './secret-match.ts';

/** The secret itself stands in a header. */
export function verifySharedHeader(
  { header, prefix }: Extract<WebhookVerification, { kind: 'shared-header' }>,
  { request, secrets }: Evidence,
): Verdict {
  const given = request.header(header);
  const secret = findFitting(secrets, (value) => sameText(prefix + value, given ?? ''));
  if (given === undefined) return refuse(`the header ${header} is missing`);
  if (secret === undefined) return refuse(`the header ${header} does not hold the secret`);
  return { verified: true, detail: `secret in the header ${header}`, secret };
}

/** HTTP Basic (RFC 7617) with the secret as password. */
export function verifyBasic(username: string, { request, secrets }: Evidence): Verdict {
  const given = /^basic +(\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
  const secret = findFitting(secrets, (value) =>
    sameText(Buffer.from(`${username}:${value}`).toString('base64'), given ?? ''),
  );
  if (given === undefined) return refuse('basic credentials are missing');
  if (secret === undefined) return refuse('the basic credentials do not fit');
  return { verified: true, detail: 'HTTP Basic', secret };
}
