import { Refusal } from '../refusal.ts';
import { findRedirectUri, type PublicClient } from './public-client.ts';
import { readScope, type Scope } from './scope.ts';

/** Where the outcome goes, known before anything else about the request counts. */
export interface ReturnAddress {
  readonly client: PublicClient;
  /** As the application wrote it. */
  readonly redirectUri: string;
  readonly address: URL;
  readonly responseMode: 'query' | 'fragment';
  readonly state: string | undefined;
}

export interface AuthorizeRequest {
  readonly scope: Scope;
  readonly codeChallenge: string;
  readonly nonce: string | undefined;
  readonly prompt: 'none' | 'page' | undefined;
  readonly loginHint: string | undefined;
}

/**
 * Reads to whom the outcome belongs. @throws Refusal that only the person may see: nobody is sent to an address that is
 * not registered
 */
export const readReturnAddress = (clients: readonly PublicClient[], query: URLSearchParams): ReturnAddress => {
  const repeated = [...query.keys()].find((name) => query.getAll(name).length > 1);
  if (repeated !== undefined) {
    throw new Refusal('invalid_request', 9000411, `the parameter "${repeated}" is there more than once`);
  }
  const clientId = query.get('client_id') ?? '';
  const client = clients.find((one) => one.clientId === clientId);
  if (client === undefined) {
    throw new Refusal('unauthorized_client', 700016, `no application "${clientId}" that people sign in to`);
  }
  const redirectUri = query.get('redirect_uri') ?? '';
  const address = findRedirectUri(client, redirectUri);
  if (address === undefined) {
    throw new Refusal(
      'invalid_request',
      50011,
      `the redirect_uri "${redirectUri}" is not registered for the application`,
    );
  }
  const responseMode = query.get('response_mode') ?? 'query';
  if (responseMode !== 'query' && responseMode !== 'fragment') {
    throw new Refusal('invalid_request', 9002010, `the response_mode "${responseMode}" is not supported`);
  }
  return { client, redirectUri, address, responseMode, state: query.get('state') ?? undefined };
};

/** Reads the rest. @throws Refusal that goes to the application */
export const readAuthorizeRequest = (query: URLSearchParams): AuthorizeRequest => {
  for (const name of ['request', 'request_uri']) {
    if (query.has(name)) {
      throw new Refusal(`${name}_not_supported`, 90014, `the parameter "${name}" is not supported`);
    }
  }
  const responseType = query.get('response_type') ?? '';
  if (responseType !== 'code') {
    throw new Refusal('unsupported_response_type', 700051, `the response_type "${responseType}" is not enabled`);
  }
  const codeChallenge = query.get('code_challenge') ?? '';
  if (codeChallenge === '') {
    throw new Refusal('invalid_request', 9002325, 'a code is given only with a code_challenge (PKCE)');
  }
  if (query.get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(codeChallenge)) {
    throw new Refusal('invalid_request', 501491, 'the code_challenge must be a SHA-256, by code_challenge_method S256');
  }
  return {
    scope: readScope(query.get('scope') ?? ''),
    codeChallenge,
    nonce: query.get('nonce') ?? undefined,
    prompt: readPrompt(query.get('prompt')),
    loginHint: query.get('login_hint') ?? undefined,
  };
};

const readPrompt = (text: string | null): AuthorizeRequest['prompt'] => {
  switch (text) {
    case null:
      return;
    case 'none':
      return 'none';
    case 'login':
    case 'select_account':
    case 'consent':
      return 'page';
    default:
      throw new Refusal('invalid_request', 90023, `the prompt "${text}" is not supported`);
  }
};
