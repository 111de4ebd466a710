import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problems } from '../../../../shared/contracts/problem.ts';
import { routes } from '../../../../shared/contracts/routes.ts';
import { apiVersion, openApiDocument } from '../../../../shared/core/openapi.ts';
import { problemCodesOf } from '../../../../shared/core/openapi-parts.ts';

type Node = Record<string, unknown>;

const document = JSON.parse(JSON.stringify(openApiDocument(routes, { version: apiVersion }))) as {
  paths: Record<string, Record<string, { operationId: string; security: Node[]; responses: Record<string, Node> }>>;
  components: { schemas: Record<string, Node> };
};

const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

/** Every object schema below a node that names properties. */
function objectsIn(node: unknown, place: string): [string, Node][] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.entries(node).flatMap(([key, value]) => objectsIn(value, `${place}/${key}`));
  return 'properties' in node && 'type' in node ? [[place, node as Node], ...below] : below;
}

describe('the OpenAPI document', () => {
  it('is what docs/openapi.json holds; `npm run openapi` writes it', async () => {
    const stored = await readFile(join(import.meta.dirname, '../../../../docs/openapi.json'), 'utf8');
    expect(JSON.parse(stored)).toEqual(document);
  });

  it('has every route once', () => {
    expect(operations.map((operation) => operation.operationId).sort()).toEqual(routes.map((route) => route.id).sort());
  });

  it('closes every object that it describes', () => {
    const objects = [...objectsIn(document.paths, 'paths'), ...objectsIn(document.components.schemas, 'schemas')];
    expect(objects.length).toBeGreaterThan(30);
    for (const [place, schema] of objects) expect([place, schema['additionalProperties']]).toEqual([place, false]);
  });

  it('asks for a credential exactly where a role is needed', () => {
    for (const route of routes) {
      const operation = operations.find((candidate) => candidate.operationId === route.id);
      expect(operation?.security).toEqual(route.role === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }]);
    }
  });

  it('names every problem of a route under its status', () => {
    for (const route of routes) {
      const operation = operations.find((candidate) => candidate.operationId === route.id);
      for (const code of problemCodesOf(route)) {
        expect(Object.keys(operation?.responses ?? {})).toContain(String(problems[code].status));
      }
    }
  });
});
