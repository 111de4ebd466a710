import * as contract from '../shared/contracts/webhook-endpoints.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { answerWebhook } from '../shared/use-cases/webhooks/answer-webhook.ts';
import { deleteWebhookEndpoint } from '../shared/use-cases/webhooks/delete-webhook-endpoint.ts';
import { getWebhookEndpoint } from '../shared/use-cases/webhooks/get-webhook-endpoint.ts';
import { getWebhookRefusals } from '../shared/use-cases/webhooks/get-webhook-refusals.ts';
import { rotateWebhookSecret } from '../shared/use-cases/webhooks/rotate-webhook-secret.ts';
import { setWebhookEndpoint } from '../shared/use-cases/webhooks/set-webhook-endpoint.ts';
import { getDeps } from './app.ts';
import { serve } from './serve.ts';
import { serveEntry } from './serve-entry.ts';

serve(
  endpoint(contract.getWebhookEndpoint, getWebhookEndpoint),
  endpoint(contract.setWebhookEndpoint, setWebhookEndpoint),
  endpoint(contract.rotateWebhookSecret, rotateWebhookSecret),
  endpoint(contract.deleteWebhookEndpoint, deleteWebhookEndpoint),
  endpoint(contract.getWebhookRefusals, getWebhookRefusals),
);

/** What providers call: no sign-in, and nothing of the request is parsed before it was verified. */
for (const route of [contract.receiveWebhook, contract.receiveWebhookAtSecretPath, contract.answerWebhookHandshake]) {
  const { id, method, path } = route;
  const verb = method === 'GET' ? 'GET' : 'POST';
  // A host tries routes in the order of their registration: `webhooks/deliveries/…` must not be taken for an integration.
  const hostRoute = path.replace('{integrationId}', '{integrationId:regex(^int_)}');
  serveEntry(id, {
    method,
    path,
    hostRoute,
    answer: (request, report) => answerWebhook(getDeps, verb, request, report),
  });
}
