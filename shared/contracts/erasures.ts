import { z } from 'zod';
import { erasureId, instant, shardId, suppressionId, tenantId } from './identifiers.ts';
import { pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

export const erasure = z
  .strictObject({
    id: erasureId,
    state: z.enum(['prepared', 'running', 'done']).describe('It can be exported until it is started'),
    of: z.enum(['person', 'tenant']),
    erased: z
      .record(z.string(), z.int())
      .describe('Documents that were removed or lost what was theirs, by where they were kept'),
    createdAt: instant,
    startedAt: instant.optional(),
    finishedAt: instant.optional(),
    suppressionId: suppressionId.optional().describe('What keeps her records from coming back'),
  })
  .meta({ id: 'Erasure' });

const erasureParams = z.strictObject({ erasureId });

export const createErasure = defineRoute({
  id: 'createErasure',
  method: 'POST',
  path: 'tenant/erasures',
  summary: 'Prepare the erasure of one person, or of everything; nothing is erased yet',
  tag: 'Erasure',
  role: 'admin',
  idempotent: true,
  body: z.discriminatedUnion('of', [
    z.strictObject({
      of: z.literal('person'),
      shardId,
      suppress: z
        .boolean()
        .default(true)
        .describe('Skip her records from now on, as long as the providers have them; kept as keyed hashes'),
    }),
    z.strictObject({ of: z.literal('tenant'), confirm: tenantId.describe('The id of the tenant, to be sure') }),
  ]),
  success: { status: 201, body: erasure, description: 'The prepared erasure' },
  problems: ['not-found'],
});

export const getErasure = defineRoute({
  id: 'getErasure',
  method: 'GET',
  path: 'tenant/erasures/{erasureId}',
  summary: 'How far an erasure is',
  tag: 'Erasure',
  role: 'admin',
  params: erasureParams,
  success: { status: 200, body: erasure, description: 'The erasure' },
  problems: ['not-found'],
});

export const exportErasure = defineRoute({
  id: 'exportErasure',
  method: 'GET',
  path: 'tenant/erasures/{erasureId}/export',
  summary: 'What a prepared erasure is going to erase, page by page',
  tag: 'Erasure',
  role: 'admin',
  params: erasureParams,
  query: z.strictObject({
    cursor: pageQuery.cursor.describe('`nextCursor` of the page before'),
  }),
  success: {
    status: 200,
    body: z
      .strictObject({
        items: z.array(z.strictObject({ container: z.string(), document: z.record(z.string(), z.unknown()) })),
        nextCursor: z.string().optional().describe('Absent on the last page; pages may be empty'),
      })
      .meta({ id: 'ErasureExportPage' }),
    description: 'A page of documents, as they are stored',
  },
  problems: ['not-found', 'wrong-state'],
});

export const startErasure = defineRoute({
  id: 'startErasure',
  method: 'POST',
  path: 'tenant/erasures/{erasureId}/start',
  summary: 'Erase it, for good',
  tag: 'Erasure',
  role: 'admin',
  idempotent: true,
  params: erasureParams,
  success: { status: 202, body: erasure, description: 'The erasure, `running`' },
  problems: ['not-found'],
});
