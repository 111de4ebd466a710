export type Redact = (text: string) => string;

/**
 * Makes a function that takes the given secrets out of a text, in every form in which an error may quote them: plain,
 * percent-encoded, as JSON, in base64 and in hex.
 */
export function createRedact(secrets: readonly string[]): Redact {
  const forms = [...new Set(secrets.filter((secret) => secret !== '').flatMap(writtenForms))];
  if (forms.length === 0) return (text) => text;
  // Longest first, in one pass: a short secret must not eat a part of a longer form, nor of the marker.
  const pattern = new RegExp(
    forms
      .sort((left, right) => right.length - left.length)
      .map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
      .join('|'),
    'g',
  );
  return (text) => text.replaceAll(pattern, '[redacted]');
}

function writtenForms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const percentEncoded = new URLSearchParams([['', secret]]).toString().slice(1);
  const base64 = bytes.toString('base64');
  const encoded = secret.isWellFormed() ? [encodeURIComponent(secret), encodeURI(secret)] : [];
  return [
    secret,
    percentEncoded,
    ...encoded,
    ...[percentEncoded, ...encoded].map(lowerCaseEscapes),
    JSON.stringify(secret).slice(1, -1),
    base64,
    base64.replaceAll('=', ''),
    encodeURIComponent(base64),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
}

function lowerCaseEscapes(text: string): string {
  return text.replaceAll(/%[0-9A-F]{2}/g, (sequence) => sequence.toLowerCase());
}
