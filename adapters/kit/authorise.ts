import { AdapterFailure, type Authorisation, type Credential } from '../../shared/core/adapter.ts';

/** What a credential adds to a request, and every secret that must not be seen in a message. */
export interface Authorised {
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: { readonly name: string; readonly value: string };
  readonly secrets: readonly string[];
}

const words: Record<Credential['kind'] | Authorisation['kind'], string> = {
  'api-key': 'an API key',
  basic: 'a user name and a password',
  bearer: 'a bearer token',
  none: 'no credential',
  header: 'an API key in a header',
  query: 'an API key in the query',
};

/**
 * Puts a credential where the provider wants it. A key and a token are interchangeable; nothing else is.
 * Throws `credentials-rejected` when the credential is of another kind than the provider asks for, is empty, or cannot be sent.
 */
export function authorise(authorisation: Authorisation, credential: Credential): Authorised {
  switch (authorisation.kind) {
    case 'none':
      return { headers: {}, secrets: [] };
    case 'basic':
      return authoriseBasic(credential);
    case 'bearer': {
      const token = secretOf(authorisation, credential);
      return { headers: { authorization: headerValue(`Bearer ${token}`) }, secrets: [token] };
    }
    case 'header': {
      const key = secretOf(authorisation, credential);
      const value = headerValue(`${authorisation.prefix ?? ''}${key}`);
      return { headers: { [authorisation.name.toLowerCase()]: value }, secrets: [key] };
    }
    case 'query': {
      const key = secretOf(authorisation, credential);
      return { headers: {}, query: { name: authorisation.name, value: key }, secrets: [key] };
    }
  }
}

function authoriseBasic(credential: Credential): Authorised {
  if (credential.kind !== 'basic') throw wrongKind({ kind: 'basic' }, credential);
  const { username, password } = credential;
  if (username.includes(':')) {
    throw new AdapterFailure('credentials-rejected', 'A user name for basic authentication cannot hold a colon.');
  }
  const pair = `${username}:${password}`;
  const encoded = Buffer.from(pair, 'utf8').toString('base64');
  return { headers: { authorization: `Basic ${encoded}` }, secrets: [password, pair] };
}

function secretOf(authorisation: Authorisation, credential: Credential): string {
  const secret = keyOrToken(credential);
  if (secret === undefined) throw wrongKind(authorisation, credential);
  if (secret === '') throw new AdapterFailure('credentials-rejected', 'The stored credential is empty.');
  return secret;
}

function keyOrToken(credential: Credential): string | undefined {
  if (credential.kind === 'api-key') return credential.key;
  return credential.kind === 'bearer' ? credential.token : undefined;
}

function wrongKind(authorisation: Authorisation, credential: Credential): AdapterFailure {
  return new AdapterFailure(
    'credentials-rejected',
    `The integration signs in with ${words[authorisation.kind]}, but the connection holds ${words[credential.kind]}.`,
  );
}

function headerValue(value: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new AdapterFailure(
      'credentials-rejected',
      'The credential holds characters that a header cannot carry (a line break, for example).',
    );
  }
  return value;
}
