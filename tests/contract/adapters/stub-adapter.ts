import { z } from 'zod';
import { createOpenCall, type OpenCallOptions } from '../../../adapters/kit/open-call.ts';
import type { Adapter, AdapterHttp, Authorisation, Credential } from '../../../shared/core/adapter.ts';

/** The opener with an adapter that only says where the provider is and how to sign in, to look at the opener alone. */
export function openHttp(
  baseUrl: string,
  {
    authorisation = { kind: 'none' },
    credential = { kind: 'none' },
    options = {},
  }: {
    readonly authorisation?: Authorisation;
    readonly credential?: Credential;
    readonly options?: Partial<OpenCallOptions>;
  } = {},
): { readonly http: AdapterHttp; readonly close: () => Promise<void> } {
  const adapter: Adapter<null> = {
    id: 'stub',
    label: 'Stub',
    description: 'Somewhere to call.',
    settings: z.null(),
    auth: ['none'],
    requestsPerMinute: 100,
    baseUrl: () => baseUrl,
    authorisation: () => authorisation,
    objects: () => [],
    check: async () => undefined,
  };
  const openCall = createOpenCall({ allowPrivateAddresses: true, timeoutMs: 30_000, ...options });
  return { http: openCall({ adapter, settings: null, credential }).http, close: openCall.close };
}
