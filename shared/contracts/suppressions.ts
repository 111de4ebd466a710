import { z } from 'zod';
import { erasureId, instant, suppressionId } from './identifiers.ts';
import { pageOf, pageQuery } from './page.ts';
import { defineRoute } from './route.ts';

const suppression = z
  .strictObject({
    id: suppressionId,
    erasureId: erasureId.describe('The erasure that it came of'),
    records: z.int().describe('How many records it keeps away; which they are, nobody can tell any more'),
    createdAt: instant,
  })
  .meta({ id: 'Suppression' });

export const listSuppressions = defineRoute({
  id: 'listSuppressions',
  method: 'GET',
  path: 'tenant/suppressions',
  summary: 'What keeps erased people from coming back: records that are skipped wherever they are seen',
  tag: 'Erasure',
  role: 'admin',
  query: z.strictObject(pageQuery),
  success: { status: 200, body: pageOf(suppression), description: 'A page, newest first' },
  problems: [],
});

export const deleteSuppression = defineRoute({
  id: 'deleteSuppression',
  method: 'DELETE',
  path: 'tenant/suppressions/{suppressionId}',
  summary: 'Let the records of an erased person come back, when they are next seen',
  tag: 'Erasure',
  role: 'admin',
  idempotent: true,
  params: z.strictObject({ suppressionId }),
  success: { status: 204, description: 'It is gone' },
  problems: ['not-found'],
});
