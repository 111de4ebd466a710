import type { Json } from '../../../shared/core/json.ts';

/** What a rough system makes of a value. */
export function normalise(field: string, value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => normalise(field, item));
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (field === 'email' || field === 'emails') return text.toLowerCase();
  if (field === 'phone') return text.replace(/(?!^\+)\D/g, '');
  return text;
}
