/**
 * Who issues the twin's tokens. The name is fixed and says nothing about a port: a token stays valid when the twin comes
 * up elsewhere, and the command line can issue one while nothing runs. Verifiers get the keys' address separately.
 */
export const ISSUER = 'https://login.castiel.local/v2.0';

/** For whom a token is unless its request names another audience: the product's API. */
export const API_AUDIENCE = 'api://castiel-integrations';

/** The tenant in which the managed identity lives, as Entra would number it. */
export const HOME_TENANT_ID = '5c1a7e00-0000-4000-8000-000000000001';

/** The managed identity's application and object. */
export const MANAGED_IDENTITY = {
  clientId: '5c1a7e00-0000-4000-8000-000000000002',
  objectId: '5c1a7e00-0000-4000-8000-000000000003',
} as const;

const RESOURCES: ReadonlySet<string> = new Set([
  API_AUDIENCE,
  'https://vault.azure.net',
  'https://storage.azure.com',
  'https://cosmos.azure.com',
  'https://management.azure.com',
  'https://monitor.azure.com',
]);

/** A Cosmos account is a resource of its own, by its endpoint: in Azure, or on this machine. */
const COSMOS_ACCOUNT = /^https:\/\/([a-z0-9-]+\.documents\.azure\.com|(127\.0\.0\.1|localhost)(:\d{1,5})?)$/;

/** The audience of a token for a resource, or undefined for a resource that this directory does not know. */
export const audienceOf = (resource: string): string | undefined => {
  const audience = resource.endsWith('/') ? resource.slice(0, -1) : resource;
  return RESOURCES.has(audience) || COSMOS_ACCOUNT.test(audience) ? audience : undefined;
};

/** Path parts that stand for "whichever tenant it is". */
const ANY_TENANT: ReadonlySet<string> = new Set(['common', 'organizations']);

/** The tenant that a path insists on; undefined where any will do. */
export const fixedTenant = (tenant: string | undefined): string | undefined =>
  tenant === undefined || ANY_TENANT.has(tenant) ? undefined : tenant;

/** The application as which people sign in, unless others are registered: the product's own screens. */
export const DASHBOARD_CLIENT_ID = '5c1a7e00-0000-4000-8000-000000000004';

/** For whom an access token is when no resource was asked for: whoever tells who signed in. */
export const USERINFO_AUDIENCE = 'https://graph.microsoft.com';
