import { isJsonObject, type JsonObject } from '../../../shared/core/json.ts';
import type { Answer, Handler } from './fixture-server.ts';

interface Kept {
  readonly id: number;
  readonly revision: number;
  readonly properties: JsonObject;
}

/** A small CRM that keeps what is written: companies by id, with revisions and idempotency keys. */
export function createWritableCrm(key: string): Handler {
  const companies = new Map<string, Kept>();
  const created = new Map<string, string>();

  const create = (body: JsonObject, idempotencyKey: string | undefined): Answer => {
    const known = idempotencyKey === undefined ? undefined : created.get(idempotencyKey);
    if (known !== undefined) return { status: 201, json: companies.get(known) };
    const properties = isJsonObject(body['properties']) ? body['properties'] : {};
    if (typeof properties['name'] !== 'string') return refuse();
    const twin = [...companies.values()].find((each) => each.properties['name'] === properties['name']);
    if (twin !== undefined) return { status: 409, json: { detail: 'there is such a company', existing: twin.id } };
    const company: Kept = { id: created.size + companies.size + 1, revision: 1, properties };
    companies.set(String(company.id), company);
    if (idempotencyKey !== undefined) created.set(idempotencyKey, String(company.id));
    return { status: 201, json: company };
  };

  const change = (id: string, body: JsonObject, ifMatch: string | undefined): Answer => {
    const company = companies.get(id);
    if (company === undefined) return { status: 404, json: {} };
    if (ifMatch !== undefined && ifMatch !== `"${company.revision}"`) return { status: 412, json: {} };
    const changes = isJsonObject(body['properties']) ? body['properties'] : {};
    const properties = { ...company.properties, ...changes };
    if (typeof properties['name'] !== 'string') return refuse();
    const changed: Kept = { ...company, revision: company.revision + 1, properties };
    companies.set(id, changed);
    return { json: changed };
  };

  return ({ method, url, headers, body }) => {
    if (headers['x-api-key'] !== key)
      return { status: 401, json: { message: `the key ${headers['x-api-key']} is wrong` } };
    const id = /^\/v1\/companies\/([^/]+)$/.exec(url.pathname)?.[1];
    const written = body === '' ? {} : (JSON.parse(body) as JsonObject);
    const header = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined);
    if (id === undefined && method === 'POST') return create(written, header('idempotency-key'));
    if (id === undefined) {
      const results = [...companies.values()].filter(
        ({ properties }) => properties['name'] === url.searchParams.get('name'),
      );
      return { json: { results } };
    }
    const company = companies.get(id);
    if (method === 'PATCH') return change(id, written, header('if-match'));
    if (company === undefined) return { status: 404, json: {} };
    if (method === 'GET') return { json: company };
    const ifMatch = header('if-match');
    if (ifMatch !== undefined && ifMatch !== `"${company.revision}"`) return { status: 412, json: {} };
    companies.delete(id);
    return { status: 204 };
  };
}

function refuse(): Answer {
  return {
    status: 422,
    json: { detail: 'The company is not valid.', errors: [{ field: 'properties.name', message: 'must be a text' }] },
  };
}
