import type { Json, JsonObject } from '../json.ts';
import { type Evidence, refuse, type Verdict, type WebhookVerification } from './evidence.ts';
import { readPayload } from './read-payload.ts';
import { findFitting, sameText } from './secret-match.ts';

type SalesforceVerification = Extract<WebhookVerification, { kind: 'salesforce-outbound-message' }>;

/** The query parameter that holds the secret where it is not in the path. */
export const salesforceSecretParameter = 'secret';

/** What an outbound message must be answered with, or it is sent again for a day. */
export const salesforceAcknowledgement =
  '<?xml version="1.0" encoding="UTF-8"?>' +
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>' +
  '</soapenv:Body></soapenv:Envelope>';

/**
 * An outbound message (SOAP) is not signed: it comes to a URL with a secret and names its organisation. The session id in it is a live credential
 * and is not kept.
 */
export function verifySalesforce(verification: SalesforceVerification, { request, secrets }: Evidence): Verdict {
  const given =
    verification.secretIn === 'path'
      ? request.pathSecret
      : (new URLSearchParams(request.search).get(salesforceSecretParameter) ?? undefined);
  const secret = findFitting(secrets, (value) => sameText(value, given ?? ''));
  if (given === undefined || secret === undefined) return refuse('the URL does not hold the secret');
  const message = readMessage(request.body);
  if (message === undefined) return refuse('the body is no outbound message');
  if (!isSameOrganization(message.organizationId, verification.organizationId)) {
    return refuse('the message is of another organisation');
  }
  const keep = withoutSession(request.body, message.sessionId);
  if (keep === undefined) return refuse('the session id in the message cannot be removed');
  return {
    verified: true,
    detail: `secret in the ${verification.secretIn} and organisation`,
    secret,
    keep,
    eventId: message.notificationIds.toSorted().join(','),
  };
}

interface OutboundMessage {
  readonly organizationId: string;
  readonly sessionId: string | undefined;
  readonly notificationIds: readonly string[];
}

function readMessage(body: Uint8Array): OutboundMessage | undefined {
  const payload = readPayload('text/xml', body);
  const notifications =
    payload.kind === 'xml' ? step(step(step(payload.value, 'Envelope'), 'Body'), 'notifications') : undefined;
  const organizationId = textOf(step(notifications, 'OrganizationId'));
  const listed = step(notifications, 'Notification');
  const session = step(notifications, 'SessionId');
  const ids = (Array.isArray(listed) ? listed : [listed]).map((each) => textOf(step(each, 'Id')));
  if (organizationId === undefined || Array.isArray(session) || ids.some((id) => id === undefined)) return undefined;
  return {
    organizationId,
    sessionId: textOf(session),
    notificationIds: ids.filter((id) => id !== undefined),
  };
}

function step(value: Json | undefined, name: string): Json | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Ids of 18 characters are those of 15 with a checksum of their letters' cases; a wrong checksum is another id. */
function isSameOrganization(left: string, right: string): boolean {
  const [first, second] = [longId(left), longId(right)];
  return first !== undefined && second !== undefined && sameText(first, second);
}

function longId(id: string): string | undefined {
  if (!/^[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?$/.test(id)) return undefined;
  const short = id.slice(0, 15);
  let checksum = '';
  for (const block of [0, 5, 10]) {
    let bits = 0;
    for (let place = 0; place < 5; place += 1) {
      if (/[A-Z]/.test(short[block + place] ?? '')) bits |= 1 << place;
    }
    checksum += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'[bits];
  }
  const long = short + checksum;
  return id.length === 15 || id === long ? long : undefined;
}

/** The same bytes but for the session's id; `undefined` when it still stands somewhere. In one pass, whatever the body holds. */
function withoutSession(body: Uint8Array, sessionId: string | undefined): Uint8Array | undefined {
  const text = Buffer.from(body).toString('utf8');
  const tags = /<(\/?)(?:[\w.-]{1,100}:)?SessionId(?=[\s/>])([^<>]*)>/g;
  let cleaned = '';
  let copiedTo = 0;
  let openedAt: number | undefined;
  for (const { 0: tag, 1: closing, 2: rest = '', index } of text.matchAll(tags)) {
    if (closing === '/') {
      if (openedAt !== undefined) {
        cleaned += text.slice(copiedTo, openedAt);
        copiedTo = index;
      }
      openedAt = undefined;
    } else if (!rest.endsWith('/')) openedAt ??= index + tag.length;
  }
  cleaned += text.slice(copiedTo);
  return sessionId !== undefined && cleaned.includes(sessionId) ? undefined : Buffer.from(cleaned);
}
