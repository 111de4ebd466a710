import { z } from 'zod';
import { defineRoute } from './route.ts';

export const live = defineRoute({
  id: 'live',
  method: 'GET',
  path: 'health/live',
  summary: 'The process answers',
  tag: 'Health',
  role: 'public',
  success: { status: 200, body: z.strictObject({ status: z.literal('live') }), description: 'Alive' },
  problems: [],
});

export const ready = defineRoute({
  id: 'ready',
  method: 'GET',
  path: 'health/ready',
  summary: 'Cosmos, Storage and Key Vault answer',
  tag: 'Health',
  role: 'public',
  success: {
    status: 200,
    body: z.strictObject({ status: z.literal('ready'), checks: z.record(z.string(), z.literal('ok')) }),
    description: 'Ready for work',
  },
  problems: ['unavailable'],
});
