import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { routes } from '../shared/contracts/routes.ts';
import { apiVersion, openApiDocument } from '../shared/core/openapi.ts';

/** Writes `docs/openapi.json`; a test fails while it differs from the routes. */
const target = join(import.meta.dirname, '..', 'docs', 'openapi.json');
await writeFile(target, `${JSON.stringify(openApiDocument(routes, { version: apiVersion }), undefined, 2)}\n`);
console.log(`Wrote ${target}`);
