import { describe, expect, it } from 'vitest';
import { routes } from '../../../../shared/contracts/routes.ts';
import { findEntry } from '../../../../shared/core/find-entry.ts';

describe('findEntry', () => {
  it('finds every route under its own path', () => {
    for (const route of routes) {
      const path = route.path.replaceAll(/\{(\w+)\}/g, 'a%20$1');
      const found = findEntry(routes, route.method, path);
      if (found.kind !== 'found') throw new Error(`${route.id} is not found`);
      expect(found.entry).toBe(route);
      for (const [name, value] of Object.entries(found.params)) expect(value).toBe(`a ${name}`);
    }
  });

  it('compares literals in any case and ignores a slash at the end', () => {
    expect(findEntry(routes, 'GET', 'Tenant/SHARDS/')).toMatchObject({ kind: 'found' });
  });

  it('tells the methods that a path has', () => {
    expect(findEntry(routes, 'PUT', 'tenant/integrations/x')).toEqual({
      kind: 'other-methods',
      allowed: ['GET', 'PATCH', 'DELETE'],
    });
  });

  it('takes a literal for what is meant, whatever else would fit and in which order', () => {
    const some = [
      { method: 'POST', path: 'webhooks/{integrationId}/{tenantId}' },
      { method: 'GET', path: 'webhooks/{integrationId}/{tenantId}' },
      { method: 'GET', path: 'webhooks/deliveries/{deliveryId}' },
    ] as const;
    for (const entries of [some, some.toReversed()]) {
      expect(findEntry(entries, 'GET', 'webhooks/deliveries/x')).toMatchObject({ params: { deliveryId: 'x' } });
      expect(findEntry(entries, 'GET', 'webhooks/x/deliveries')).toMatchObject({ params: { integrationId: 'x' } });
      expect(findEntry(entries, 'POST', 'webhooks/deliveries/x')).toEqual({ kind: 'other-methods', allowed: ['GET'] });
    }
  });

  it.each([['tenant'], ['tenant/integrations//connection'], ['tenant/shards/a/b'], ['']])(
    'finds nothing at %j',
    (path) => {
      expect(findEntry(routes, 'GET', path)).toEqual({ kind: 'none' });
    },
  );

  it('keeps broken percent-encoding for the schema to refuse', () => {
    expect(findEntry(routes, 'GET', 'tenant/shards/%zz')).toMatchObject({ params: { shardId: '%zz' } });
  });
});
