import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { Route } from '../contracts/route.ts';
import { requestHeaders, responsesOf } from './openapi-parts.ts';

/** Version of the API's contract: moves with its routes, not with each deployment. */
export const apiVersion = '1.0.0';

export interface OpenApiOptions {
  readonly version: string;
  /** Where the API is; `/api` on the host that serves the document unless given. */
  readonly serverUrl?: string;
}

/** The OpenAPI 3.1 document of the routes, in their order. */
export function openApiDocument(routes: readonly Route[], options: OpenApiOptions): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const path = `/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Castiel Integrations',
      version: options.version,
      description:
        'Connects SaaS accounts, syncs their records and lets you read them. Errors are RFC 9457 problem details. ' +
        'Lists are paged by cursor, newest first. Unknown fields and parameters are refused.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: options.serverUrl ?? '/api' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token of Entra ID with the tenant and a role.',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'A key from `POST /tenant/api-keys`.' },
      },
    },
  });
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const header = requestHeaders(route);
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.role === 'public' ? {} : { description: `Needs the role ${route.role} or a higher one.` }),
    tags: [route.tag],
    security: route.role === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }],
    requestParams: {
      ...(route.params === undefined ? {} : { path: objectOf(route, 'params') }),
      ...(route.query === undefined ? {} : { query: objectOf(route, 'query') }),
      ...(header === undefined ? {} : { header }),
    },
    ...(route.raw === true && route.method !== 'GET'
      ? { requestBody: { required: true, content: { '*/*': { schema: { type: 'string', format: 'binary' } } } } }
      : {}),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: { 'application/json': { schema: withoutOptional(route.body) } },
          },
        }),
    responses: responsesOf(route),
  };
}

function objectOf(route: Route, part: 'params' | 'query'): z.ZodObject {
  const schema = route[part];
  if (!(schema instanceof z.ZodObject)) throw new TypeError(`${part} of ${route.id} must be an object schema`);
  return schema;
}

/** Whether a body may be left out is said by `required`, not by its schema. */
function withoutOptional(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
}
