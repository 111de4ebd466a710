import { AppError } from '../../core/app-error.ts';
import type { Deps } from '../../core/ports.ts';
import { traceparentOf } from '../../core/traceparent.ts';
import { describeRefusal } from '../../core/webhooks/describe-request.ts';
import type { WebhookRequest } from '../../core/webhooks/evidence.ts';
import { type Payload, readPayload } from '../../core/webhooks/read-payload.ts';
import { salesforceAcknowledgement } from '../../core/webhooks/verify-salesforce.ts';
import { maximumDeliveryBytes, sourceAddressOf, type WebhookSettings } from '../../core/webhooks/webhook-settings.ts';
import type { WebhookTarget } from '../../core/webhooks/webhook-target.ts';
import {
  answerProblem,
  commonHeaders,
  type HttpAnswer,
  type IncomingRequest,
  type ReportFailure,
} from '../answer-request.ts';
import { graphValidationToken, verifiedChallenge } from './answer-handshake.ts';
import { type NamedTarget, readTarget } from './find-webhook-target.ts';
import { judgeNobodys, judgeRequest } from './judge-request.ts';
import { storeDelivery } from './store-delivery.ts';

/**
 * The road of a webhook: size, integration, verification over the raw bytes, handshake, payload, one durable write, answer. Never rejects. Whatever is
 * refused before it was verified gets one and the same answer: neither what was wrong nor whether there is an integration can be seen from it.
 */
export async function answerWebhook(
  getDeps: () => Promise<Deps>,
  method: 'GET' | 'POST',
  request: IncomingRequest,
  reportFailure: ReportFailure,
): Promise<HttpAnswer> {
  try {
    const token = graphValidationToken({ method, search: request.search });
    if (token !== undefined) return answerText(request, token);
    const deps = await getDeps();
    return await receive(deps, request, await readWebhook(deps.webhooks, method, request));
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal' && error.cause === undefined) {
      return answerProblem(error, request);
    }
    const log = await getDeps().then(
      (deps) => deps.log,
      () => undefined,
    );
    const fields = { requestId: request.requestId, route: 'receiveWebhook', error };
    if (log === undefined) reportFailure('a webhook failed before there was a log', fields);
    else if (error instanceof AppError && error.code !== 'internal')
      log.warn('a webhook was refused for a cause', fields);
    else log.alert('a webhook failed', fields);
    return answerProblem(error instanceof AppError ? error : new AppError('internal'), request);
  }
}

async function receive(deps: Deps, incoming: IncomingRequest, request: WebhookRequest): Promise<HttpAnswer> {
  const named = readTarget(incoming.params, traceparentOf(incoming.header('traceparent'), incoming.requestId));
  const refuse = (why: string, subject?: NamedTarget): HttpAnswer => {
    note(deps, subject, incoming, request, why);
    return answerProblem(new AppError('unverified'), incoming);
  };
  if (named === undefined) return refuse(judgeNobodys(deps, request));
  const judged = await judgeRequest(deps, named, request);
  if (judged.kind === 'challenge') return answerText(incoming, judged.text);
  if (judged.kind === 'refused') {
    const { why, exists, failure } = judged;
    const refused = refuse(why, exists ? named : undefined);
    if (failure !== undefined) throw failure;
    return refused;
  }
  const { target, verdict } = judged;
  const payload = readPayload(request.header('content-type'), request.body);
  if (request.method === 'POST' && payload.kind === 'refused') {
    note(deps, named, incoming, request, `the body ${payload.why}`);
    throw refusePayload(payload);
  }
  const challenge = verifiedChallenge(target, request, payload);
  if (challenge !== undefined) return answerText(incoming, challenge);
  if (request.method !== 'POST') return refuse('it is no handshake', named);
  const headers = incoming.headers?.() ?? [];
  const outcome = await storeDelivery(deps, named.scope, { target, request, headers, verdict, payload });
  return answerStored(target, incoming, outcome);
}

/** The reason is for those who run the integration, and never in the answer. */
function note(
  { refusals, now }: Pick<Deps, 'refusals' | 'now'>,
  subject: NamedTarget | undefined,
  incoming: IncomingRequest,
  request: WebhookRequest,
  why: string,
): void {
  const of = subject && { tenantId: subject.scope.tenantId, integrationId: subject.integrationId };
  refusals.note(of, describeRefusal(request, incoming.headers?.() ?? [], now().toISOString(), why));
}

function refusePayload({ code, why }: Extract<Payload, { kind: 'refused' }>): AppError {
  return code === 'invalid-request'
    ? new AppError(code, { errors: [{ in: 'body' as const, field: '', message: why }] })
    : new AppError(code, { detail: `The body ${why}.` });
}

function answerStored({ endpoint }: WebhookTarget, incoming: IncomingRequest, outcome: 'stored' | 'known'): HttpAnswer {
  const headers = commonHeaders(incoming.requestId);
  if (endpoint.verification.kind === 'salesforce-outbound-message') {
    const type = { 'content-type': 'text/xml; charset=utf-8' };
    return { status: 200, headers: { ...headers, ...type }, body: salesforceAcknowledgement };
  }
  return {
    status: outcome === 'stored' ? 202 : 200,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ status: outcome }),
  };
}

function answerText({ requestId }: IncomingRequest, body: string): HttpAnswer {
  return { status: 200, headers: { ...commonHeaders(requestId), 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** @throws AppError `payload-too-large`, `length-required`, `unsupported-media-type` for a compressed body */
async function readWebhook(
  settings: WebhookSettings,
  method: 'GET' | 'POST',
  incoming: IncomingRequest,
): Promise<WebhookRequest> {
  const { header, search, path, params } = incoming;
  const tooLarge = () =>
    new AppError('payload-too-large', { detail: `A delivery may have at most ${maximumDeliveryBytes} bytes.` });
  if (Number(header('content-length') ?? 0) > maximumDeliveryBytes) throw tooLarge();
  const encoding = header('content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity')
    throw new AppError('unsupported-media-type', { detail: 'Deliveries are not decompressed.' });
  const body = await incoming.readBody();
  if (body.byteLength > maximumDeliveryBytes) throw tooLarge();
  if (body.byteLength === 0 && header('transfer-encoding') !== undefined) {
    throw new AppError('length-required', { detail: 'Send Content-Length instead of a chunked body.' });
  }
  const { publicUrl, certificateHeader, forwardingHops } = settings;
  return {
    method,
    url: `${publicUrl ?? ''}${path}${search === '' ? '' : `?${search}`}`,
    path,
    search,
    header,
    body,
    pathSecret: params['secret'],
    sourceAddress: sourceAddressOf(header('x-forwarded-for'), forwardingHops),
    certificate: certificateHeader === undefined ? undefined : header(certificateHeader),
  };
}
