const ofTheConnection: readonly string[] = [
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Whether a header belongs to the connection, so that settings must not set it. */
export function isHeaderOfTheConnection(name: string): boolean {
  const lower = name.toLowerCase();
  return ofTheConnection.includes(lower) || lower.startsWith('proxy-') || lower.startsWith('sec-');
}

const secretWords: readonly string[] = [
  'apikey',
  'auth',
  'authentication',
  'authorization',
  'cookie',
  'credential',
  'jwt',
  'passwd',
  'password',
  'secret',
  'signature',
  'token',
];

/**
 * Whether a header or query parameter of this name (`X-Api-Key`, `access_token`) carries a credential by its name. Settings are
 * kept in the database and shown on screens; credentials are neither.
 */
export function carriesSecret(name: string): boolean {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word, index) => secretWords.includes(word) || (word === 'api' && words[index + 1] === 'key'));
}
