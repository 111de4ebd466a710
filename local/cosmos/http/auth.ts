import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { CosmosError } from '../errors.ts';

/** How far a request's date may be from ours, as in the service. */
const MAX_SKEW_MS = 15 * 60 * 1000;
const MAX_CACHED_SIGNATURES = 2000;

/** What a request is signed over. */
export interface SignedRequest {
  readonly method: string;
  /** `docs`, `colls`, … or empty for the account. */
  readonly resourceType: string;
  /** `dbs/a/colls/b`, not percent-encoded. */
  readonly resourceLink: string;
  /** `x-ms-date` */
  readonly date: string | undefined;
  /** `authorization`, percent-encoded as sent. */
  readonly authorization: string | undefined;
}

const unauthorized = (message: string): CosmosError => new CosmosError(401, message);

/** Makes a check of master-key signatures. Signatures are kept: a client repeats one for a second at a time. */
export function createAuthorizer(key: string): (request: SignedRequest) => void {
  const secret = createSecretKey(Buffer.from(key, 'base64'));
  const cache = new Map<string, string>();

  const signatureOf = (text: string): string => {
    const known = cache.get(text);
    if (known !== undefined) return known;
    if (cache.size >= MAX_CACHED_SIGNATURES) cache.clear();
    const signature = createHmac('sha256', secret).update(text).digest('base64');
    cache.set(text, signature);
    return signature;
  };

  /** @throws CosmosError 401 */
  return ({ method, resourceType, resourceLink, date, authorization }) => {
    if (authorization === undefined) throw unauthorized("Required Header 'authorization' is missing.");
    const given = /^type=master&ver=1\.0&sig=(.+)$/.exec(decode(authorization))?.[1];
    if (given === undefined) throw unauthorized('Only master key authorization is supported.');
    const time = Date.parse(date ?? '');
    if (Number.isNaN(time) || Math.abs(Date.now() - time) > MAX_SKEW_MS) {
      throw unauthorized('The x-ms-date header is missing or too far from the current time.');
    }
    const text = `${method.toLowerCase()}\n${resourceType}\n${resourceLink}\n${date?.toLowerCase()}\n\n`;
    if (!isSame(given, signatureOf(text))) {
      throw unauthorized(
        'The input authorization token cannot serve the request. The wrong key is being used or the expected payload is not built as per the protocol.',
      );
    }
  };
}

function decode(authorization: string): string {
  try {
    return decodeURIComponent(authorization);
  } catch {
    return '';
  }
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
