import { z } from 'zod';
import type { Adapter } from '../core/adapter.ts';
import { AppError } from '../core/app-error.ts';
import { toFieldErrors } from '../core/field-errors.ts';
import type { Json, JsonObject } from '../core/json.ts';

const storable = z.record(z.string(), z.json());

/**
 * Checks settings by the provider's own schema and returns them as they are stored, defaults filled in.
 *
 * @throws AppError `invalid-request` with errors at `/settings/…`
 */
export async function checkSettings(adapter: Adapter, settings: unknown): Promise<JsonObject> {
  const parsed = adapter.settings.safeParse(settings);
  if (!parsed.success) {
    throw new AppError('invalid-request', { errors: toFieldErrors('body', parsed.error.issues, ['settings']) });
  }
  const problems = (await adapter.inspect?.(parsed.data)) ?? [];
  if (problems.length > 0) {
    const errors = problems.map(({ path, message }) => ({
      in: 'body' as const,
      field: `/settings/${path.join('/')}`,
      message,
    }));
    throw new AppError('invalid-request', { errors });
  }
  const stored = storable.safeParse(JSON.parse(JSON.stringify(parsed.data)));
  if (!stored.success) throw new Error(`The settings of ${adapter.id} cannot be stored: ${stored.error.message}`);
  return stored.data as Record<string, Json>;
}
