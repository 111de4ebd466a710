/**
 * What is a secret by the name that it goes by, in headers, queries, forms, JSON and XML. Places in a list (page tokens, links to continue) are called
 * tokens as well, but open nothing.
 */
const sensitive =
  /(?:api|access|private|secret|functions|account|subscription|signing|shared|master|hmac|encryption|webhook|client|host|auth|security)key$|(?:secret|password|passwd|passphrase|pwd|credential|tokens?|sessionid|clientstate|assertion|codeverifier|authorization|cookie)$/;
/** Names that mean a secret in a query or a form, and anything at all in a payload. */
const sensitiveParameter = /^(?:code|key|sig|state|pwd|auth)$/;
/** Names in any URL, wherever it stands. */
const sensitiveInUrl = /^(?:sig|signature|tempauth|xamzsignature)$/;
const places = /page|next|continu|cursor|skip|delta|sync/;

export function isSensitiveName(name: string): boolean {
  const plain = plainName(name);
  return sensitive.test(plain) && !places.test(plain);
}

/** Nobody gives a header such a name for anything else. */
export function isSensitiveHeader(name: string): boolean {
  return isSensitiveName(name) || /secret|passw|authoriz|credential/i.test(name);
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

interface Writing {
  /** With a group `value`, and a group `name` where it is the name that tells. */
  readonly pattern: RegExp;
  readonly isNamed?: (name: string) => boolean;
  readonly read?: (written: string) => string;
}

const inQuotes = String.raw`"(?<value>(?:[^"\\]|\\.)*)"`;
const nameInQuotes = String.raw`"(?<name>[\w$.-]{1,64})"`;
const namedBy = String.raw`"(?:name|key|field|header|parameter)"\s*:\s*${nameInQuotes}`;
const valuedBy = String.raw`"(?:value|content)"\s*:\s*${inQuotes}`;
const xmlTag = String.raw`<(?:[\w-]{1,64}:)?(?<name>[\w-]{1,64})(?:\s[^<>]{0,500})?>`;

const json: readonly Writing[] = [
  // A value is looked at, not passed over: in JSON that was taken out of JSON it may begin in front of the next name.
  { pattern: new RegExp(String.raw`${nameInQuotes}\s*:\s*(?=${inQuotes})`, 'dg'), read: unescapeJson },
  { pattern: new RegExp(String.raw`${namedBy}\s*,\s*${valuedBy}`, 'dg'), read: unescapeJson },
  { pattern: new RegExp(String.raw`${valuedBy}\s*,\s*${namedBy}`, 'dg'), read: unescapeJson },
  // A number of tokens opens nothing.
  {
    pattern: new RegExp(String.raw`${nameInQuotes}\s*:\s*(?<value>\d{6,})`, 'dg'),
    isNamed: (name) => isSensitiveName(name) && !/tokens?$/i.test(name),
  },
];

const xml: readonly Writing[] = [
  { pattern: new RegExp(`${xmlTag}(?<value>[^<>]+)</`, 'dg') },
  { pattern: new RegExp(String.raw`${xmlTag}<!\[CDATA\[(?<value>.*?)\]\]>`, 'dgs') },
  { pattern: /\s(?:[\w-]{1,64}:)?(?<name>[\w.-]{1,64})\s*=\s*"(?<value>[^"<]*)"/dg },
  { pattern: /\s(?:[\w-]{1,64}:)?(?<name>[\w.-]{1,64})\s*=\s*'(?<value>[^'<]*)'/dg },
];

/** Of a form in parts, and of URLs and forms in other texts. */
const others: readonly Writing[] = [
  { pattern: /\bname="(?<name>[^"\r\n]{1,64})"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(?<value>[^\r\n]+)/dg },
  {
    pattern: /(?:^|[?&"'\s])(?<name>[^=&#?\s"'<>]{1,64})=(?<value>[^&# \t\r\n"'<>\\]+)/dg,
    isNamed: (name) => isSensitiveName(name) || sensitiveInUrl.test(plainName(name)),
    read: decodeParameter,
  },
];

/** By themselves: signed tokens, keys of services that mark theirs, and what stands where nothing else does. */
const lookAlike: readonly Writing[] = [
  {
    pattern:
      /(?<value>eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|\b(?:xox[a-z]|xapp)-[\w.-]{10,}|\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bpat-[a-z0-9]{2,4}-[\w-]{20,}|\b[rs]k_(?:live|test)_\w{10,}|\bwh(?:sec|sk)_[\w+/=]{10,}|\bAKIA[A-Z0-9]{16}\b)/dg,
  },
  { pattern: /\bhooks\.slack\.com\/(?:services|workflows|triggers)\/(?<value>[\w/-]{10,})/dg },
  { pattern: /:\/\/[^\s/:@"'<>]*:(?<value>[^ \t\r\n/@"'<>]+)@/dg, read: decodeParameter },
  { pattern: /\b(?:Bearer|Basic)\s+(?=[^\s"']*\d)(?<value>[\w.~+/=-]{16,})/dg },
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----(?<value>.+?)-----END/dgs },
];

const parameter: Writing = {
  pattern: /(?:^|[?&])(?<name>[^=&#?\s]{1,64})=(?<value>[^&# \t\r\n]+)/dg,
  isNamed: (name) => isSensitiveName(name) || sensitiveParameter.test(plainName(decodeParameter(name))),
  read: decodeParameter,
};

const anywhere = [...lookAlike, ...json, ...xml, ...others];

/**
 * Finds them in a text that is given by its bytes, a character each, as the places in it are.
 *
 * @param isParameters the text is a query or a form
 */
export function namedSecrets(bytes: string, isParameters: boolean): NamedSecret[] {
  return [...anywhere, ...(isParameters ? [parameter] : [])].flatMap((writing) => matches(bytes, writing));
}

/** Values in a list that goes by a name: none that is short is one. */
export function listedSecrets(bytes: string): string[] {
  const lists = bytes.matchAll(/"(?<name>[\w$.-]{1,64})"\s*:\s*\[(?<items>(?:\s*"(?:[^"\\]|\\.)*"\s*,?)+)\s*\]/g);
  return [...lists]
    .filter(({ groups }) => isSensitiveName(groups?.['name'] ?? ''))
    .flatMap(({ groups }) => [...(groups?.['items'] ?? '').matchAll(/"((?:[^"\\]|\\.)*)"/g)])
    .map(([, written]) => unescapeJson(textOf(written ?? '')));
}

function matches(bytes: string, { pattern, isNamed = isSensitiveName, read = asIs }: Writing): NamedSecret[] {
  const found: NamedSecret[] = [];
  for (const { groups, indices } of bytes.matchAll(pattern)) {
    const place = indices?.groups?.['value'];
    const name = groups?.['name'];
    const value = read(textOf(groups?.['value'] ?? ''));
    if (place === undefined || value === '' || isPlaceholder(value)) continue;
    if (name === undefined || isNamed(name)) found.push({ start: place[0], end: place[1], value });
  }
  return found;
}

/** What stands for a secret. No encoding of URLs or JSON changes it. */
export function placeholderOf(name: string): string {
  return `redacted.${name}.`;
}

/** Whether a value, however it came about, has its secrets taken out already. */
export function isPlaceholder(value: string): boolean {
  return /redacted\.[\w-]+\./.test(value);
}

export function placeholdersIn(text: string): string[] {
  return [...new Set(text.match(/redacted\.[\w-]+\./g))];
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
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
