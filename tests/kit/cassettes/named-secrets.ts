/**
 * What is a secret by the name that it goes by, in headers, queries, forms, JSON and XML, and what looks like one. Places in a list (page tokens, links to
 * continue) are called tokens as well, but open nothing.
 */
const sensitive =
  /(?:api|access|private|secret|functions|account|subscription)key$|(?:secret|password|passwd|passphrase|credential|tokens?|sessionid|clientstate|assertion|codeverifier|authorization|cookie)$/;
/** Names that mean a secret in a query or a form, and anything at all in a payload. */
const sensitiveParameter = /^(?:code|key|sig|state|pwd|auth)$/;
const places = /page|next|continu|cursor|skip|delta|sync/;

export function isSensitiveName(name: string): boolean {
  const plain = plainName(name);
  return sensitive.test(plain) && !places.test(plain);
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** A value to be taken out: where it stands, and what it means. */
export interface NamedSecret {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

const jsonMember = /"([\w$.-]{1,64})"\s*:\s*"((?:[^"\\]|\\.)*)"/dg;
/** JSON within a text of JSON. */
const nestedMember = /\\"([\w$.-]{1,64})\\"\s*:\s*\\"([^"\\]*)\\"/dg;
const xmlElement = /<(?:[\w-]{1,64}:)?([\w-]{1,64})(?:\s[^<>]{0,500})?>([^<>]+)<\//dg;
const parameter = /(?:^|[?&])([^=&#?\s]{1,64})=([^&#\s]+)/dg;

/** By themselves: signed tokens, and keys of services that mark theirs. */
const lookAlike =
  /(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|\b(?:xox[a-z]|xapp)-[\w.-]{10,}|\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bpat-[a-z0-9]{2,4}-[\w-]{20,}|\b[rs]k_(?:live|test)_\w{10,}|\bwh(?:sec|sk)_[\w+/=]{10,}|\bAKIA[A-Z0-9]{16}\b)/dg;

/** @param isParameters the text is a query or a form */
export function namedSecrets(text: string, isParameters: boolean): NamedSecret[] {
  const isNamed = (name: string) =>
    isSensitiveName(name) || (isParameters && sensitiveParameter.test(plainName(decodeParameter(name))));
  return [
    ...matches(text, lookAlike, () => true, asIs),
    ...matches(text, jsonMember, isSensitiveName, unescapeJson),
    ...matches(text, nestedMember, isSensitiveName, asIs),
    ...matches(text, xmlElement, isSensitiveName, asIs),
    ...matches(text, parameter, isNamed, decodeParameter),
  ];
}

function matches(
  text: string,
  pattern: RegExp,
  isNamed: (name: string) => boolean,
  read: (written: string) => string,
): NamedSecret[] {
  const found: NamedSecret[] = [];
  for (const match of text.matchAll(pattern)) {
    const place = match.indices?.at(-1);
    const value = read(match.at(-1) ?? '');
    if (place === undefined || value === '' || isPlaceholder(value) || !isNamed(match[1] ?? '')) continue;
    found.push({ start: place[0], end: place[1], value });
  }
  return found;
}

/** What stands for a secret. No encoding of URLs or JSON changes it. */
export function placeholderOf(name: string): string {
  return `redacted.${name}.`;
}

/** Whether a value, however it came about, has its secrets taken out already. */
function isPlaceholder(value: string): boolean {
  return /redacted\.[\w-]+\./.test(value);
}

export function placeholdersIn(text: string): string[] {
  return [...new Set(text.match(/redacted\.[\w-]+\./g))];
}

function asIs(text: string): string {
  return text;
}

function unescapeJson(written: string): string {
  try {
    return String(JSON.parse(`"${written}"`));
  } catch {
    return written;
  }
}

function decodeParameter(written: string): string {
  try {
    return decodeURIComponent(written.replaceAll('+', ' '));
  } catch {
    return written;
  }
}
