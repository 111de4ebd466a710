import { ISSUER } from './directory.ts';

/** OpenID Connect discovery: what this issuer can do and where. */
export const describeIssuer = (base: string, tenant = 'common'): Readonly<Record<string, unknown>> => ({
  issuer: ISSUER,
  authorization_endpoint: `${base}/${tenant}/oauth2/v2.0/authorize`,
  token_endpoint: `${base}/${tenant}/oauth2/v2.0/token`,
  end_session_endpoint: `${base}/${tenant}/oauth2/v2.0/logout`,
  userinfo_endpoint: `${base}/oidc/userinfo`,
  jwks_uri: `${base}/discovery/v2.0/keys`,
  token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'],
  grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types_supported: ['code'],
  response_modes_supported: ['query', 'fragment'],
  code_challenge_methods_supported: ['S256'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  request_parameter_supported: false,
  request_uri_parameter_supported: false,
  claims_supported: 'aud azp exp iat iss name nbf nonce oid preferred_username roles scp sub tid uti ver'.split(' '),
});
