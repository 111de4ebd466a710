import type { z } from 'zod';
import type { createTaskBody } from '../../shared/contracts/tasks.ts';

type Paging = {
  readonly kind: 'cursor';
  readonly cursorParam: 'cursor';
  readonly cursorPath: 'paging.nextCursor';
  readonly sizeParam: 'limit';
};

const paging: Paging = { kind: 'cursor', cursorParam: 'cursor', cursorPath: 'paging.nextCursor', sizeParam: 'limit' };

const listOf = (object: string) => ({
  path: `/v1/${object}`,
  query: { includeDeleted: 'true' },
  itemsPath: 'data',
  idField: 'id',
  modifiedField: 'updatedAt',
  deleted: { field: 'deleted', equals: true },
  incremental: { param: 'modifiedSince', format: 'iso' },
  paging,
  maxPageSize: 1000,
  countPath: 'paging.total',
  partition: {
    fromParam: 'createdFrom',
    toParam: 'createdTo',
    format: 'iso' as const,
    earliest: '2019-01-01T00:00:00.000Z',
  },
  record: { path: `/v1/${object}/{id}` },
  revision: { field: 'version' },
  writes: writesOf(object),
});

const writesOf = (object: string) => {
  const together = (method: string) => ({ path: `/v1/${object}/batch`, constants: { method } });
  return {
    create: { path: `/v1/${object}`, idempotencyHeader: 'Idempotency-Key' },
    update: { path: `/v1/${object}/{id}` },
    delete: { path: `/v1/${object}/{id}` },
    batch: {
      size: 100,
      itemsPath: 'items',
      recordPath: 'record',
      keyPath: 'idempotencyKey',
      conditionPath: 'ifMatch',
      create: together('create'),
      update: together('update'),
      delete: together('delete'),
      results: {
        path: 'results',
        statusPath: 'status',
        recordPath: 'record',
        idPath: 'id',
        revisionPath: 'etag',
        errorPath: 'error',
      },
    },
    condition: 'if-match' as const,
    exists: { idPath: 'existingId' },
    lookup: { param: 'filter.externalRef', field: 'externalRef', value: 'idempotency-key' as const },
  };
};

/** How `custom-rest` reads the demo CRM and writes to it. */
export function demoSettings(crmUrl: string) {
  return {
    baseUrl: crmUrl,
    auth: { kind: 'header', name: 'X-Api-Key' },
    testPath: '/v1/me',
    objects: { companies: listOf('companies'), contacts: listOf('contacts'), deals: listOf('deals') },
  };
}

type TaskBody = z.input<typeof createTaskBody>;

/** Companies, contacts and deals into the shard types of the same names; every minute what changed. */
export function demoTask(changes: Partial<TaskBody> = {}): TaskBody {
  return {
    name: 'Companies, contacts and deals',
    mode: 'incremental',
    schedule: { kind: 'interval', everySeconds: 60 },
    pageSize: 1000,
    deletions: 'mirror',
    objects: [
      {
        object: 'companies',
        shardTypeId: 'company',
        fields: [
          { from: 'name', to: 'name', transforms: ['trim'] },
          { from: 'alternateNames', to: 'alternateNames' },
          { from: 'domain', to: 'domain', transforms: ['trim', 'lower'] },
          { from: 'phone', to: 'phone', transforms: ['trim'] },
          { from: 'country', to: 'address.country' },
          { from: 'address.street', to: 'address.street', transforms: ['trim'] },
          { from: 'address.city', to: 'address.city', transforms: ['trim'] },
          { from: 'address.postalCode', to: 'address.postalCode' },
        ],
      },
      {
        object: 'contacts',
        shardTypeId: 'contact',
        fields: [
          { from: 'firstName', to: 'name.first', transforms: ['trim'] },
          { from: 'lastName', to: 'name.last', transforms: ['trim'] },
          { from: 'emails.0.address', to: 'email', transforms: ['trim', 'lower'] },
          { from: 'phone', to: 'phone', transforms: ['trim'] },
          { from: 'companyId', to: 'companyId' },
          { from: 'address.city', to: 'address.city', transforms: ['trim'] },
        ],
      },
      {
        object: 'deals',
        shardTypeId: 'deal',
        fields: [
          { from: 'name', to: 'name', transforms: ['trim'] },
          { from: 'amount', to: 'amount', transforms: ['number'] },
          { from: 'currency', to: 'currency', transforms: ['upper'] },
          { from: 'stage', to: 'stage' },
          { from: 'closeDate', to: 'closesAt', transforms: ['instant'] },
          { from: 'companyId', to: 'companyId' },
          { from: 'contactId', to: 'contactId' },
        ],
      },
    ],
    ...changes,
  };
}
