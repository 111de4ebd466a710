import { z } from 'zod';
import { badParameter } from './vault-error.ts';

const MAXIMUM_VALUE_BYTES = 25 * 1024;
const MAXIMUM_TAGS = 15;

/** Seconds since 1970. A null counts as not given, as the service's own clients send it. */
const seconds = z.number().int().nonnegative().nullish();

const attributes = z.object({ enabled: z.boolean().nullish(), nbf: seconds, exp: seconds }).nullish();
const tags = z
  .record(z.string().min(1).max(256), z.string().max(256))
  .refine((given) => Object.keys(given).length <= MAXIMUM_TAGS, { error: `at most ${MAXIMUM_TAGS} tags` })
  .nullish();
const contentType = z.string().max(255).nullish();

const setSchema = z.object({
  value: z.string().refine((value) => Buffer.byteLength(value, 'utf8') <= MAXIMUM_VALUE_BYTES, {
    error: `the secret exceeds the maximum of ${MAXIMUM_VALUE_BYTES} bytes`,
  }),
  contentType,
  tags,
  attributes,
});
const updateSchema = z.object({ contentType, tags, attributes });

export type SetBody = z.infer<typeof setSchema>;
export type UpdateBody = z.infer<typeof updateSchema>;

export const parseSetBody = (body: Buffer): SetBody => parse(setSchema, body);
export const parseUpdateBody = (body: Buffer): UpdateBody => parse(updateSchema, body);

/** Unknown fields are passed over, as in Azure; what is wrong is named, without its value. */
const parse = <Output>(schema: z.ZodType<Output>, body: Buffer): Output => {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw badParameter('The request body is not JSON in UTF-8.');
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw badParameter(`Property ${issue?.path.join('.') || 'body'} has an invalid value: ${issue?.message ?? ''}.`);
  }
  return result.data;
};

/** 1 to 127 letters, digits and hyphens. */
export const checkName = (name: string): string => {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
    throw badParameter('The request URI contains an invalid name: it must be 1 to 127 letters, digits and hyphens.');
  }
  return name;
};
