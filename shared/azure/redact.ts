const secretNames =
  /authori[sz]ation|password|passwd|secret|token|(api|account|private|access|master)[-_]?key|^key$|cookie|credential|connection[-_]?string|signature/i;

const secretTexts: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic|SharedKey)\s+[\w+/=.~:-]{6,}/gi, '$1 [redacted]'],
  [/\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g, '[redacted]'],
  [
    /\b(AccountKey|SharedAccessSignature|InstrumentationKey|sig|client_secret|api_?key|access_token)=[^&;\s"']+/gi,
    '$1=[redacted]',
  ],
  [/(\w+:\/\/)[^/\s:@"']+:[^/\s@"']+@/g, '$1[redacted]@'],
];

const textLimit = 8192;
const depthLimit = 6;
const listLimit = 50;

/**
 * A copy fit for a log: fields that are named like secrets, and secrets inside texts, are replaced; errors become their name, message,
 * stack, code and cause; depth, lists and texts are capped.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthLimit) return '[deeper]';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) {
    const items = value.slice(0, listLimit).map((item) => redact(item, depth + 1));
    return value.length > listLimit ? [...items, `[${value.length - listLimit} more]`] : items;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      secretNames.test(name) && field !== undefined ? '[redacted]' : redact(field, depth + 1),
    ]),
  );
}

export function redactText(text: string): string {
  let clean = text.length > textLimit ? `${text.slice(0, textLimit)}…` : text;
  for (const [pattern, replacement] of secretTexts) clean = clean.replace(pattern, replacement);
  return clean;
}

function redactError(error: Error, depth: number): unknown {
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: redactText(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}
