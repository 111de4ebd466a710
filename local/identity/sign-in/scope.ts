import { API_AUDIENCE, audienceOf, USERINFO_AUDIENCE } from '../directory.ts';
import { Refusal } from '../refusal.ts';

/** What an application asks for: scopes of OpenID Connect, and the permissions of one resource. */
export interface Scope {
  /** The text that it was read from. */
  readonly asked: string;
  readonly isOpenId: boolean;
  /** Whether it wants to stay signed in by refresh tokens. */
  readonly isOffline: boolean;
  /** Whether a resource is named; otherwise the access token only tells who signed in. */
  readonly hasResource: boolean;
  /** For whom the access token is. */
  readonly audience: string;
  readonly permissions: readonly string[];
  /** As a token answer names what was given. */
  readonly granted: string;
}

const OPENID_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access']);

/** Reads names separated by spaces. @throws Refusal for none, an unknown one, or those of two resources */
export const readScope = (text: string): Scope => {
  const names = [...new Set(text.split(' ').filter((name) => name !== ''))];
  if (names.length === 0) {
    throw new Refusal('invalid_request', 900144, "the request must contain the parameter 'scope'");
  }
  const connect = names.filter((name) => OPENID_SCOPES.has(name));
  const asked = names.filter((name) => !OPENID_SCOPES.has(name)).map(readPermission);
  const [first] = asked;
  if (asked.some(({ audience }) => audience !== first?.audience)) {
    throw new Refusal('invalid_scope', 28000, 'the scope names more than one resource');
  }
  const shown = connect.filter((name) => name !== 'offline_access');
  const permissions = [...new Set(asked.map(({ permission }) => permission))];
  return {
    asked: text,
    hasResource: first !== undefined,
    isOpenId: connect.includes('openid'),
    isOffline: connect.includes('offline_access'),
    audience: first?.audience ?? USERINFO_AUDIENCE,
    permissions: first === undefined ? shown : permissions,
    granted: [...shown, ...permissions.map((permission) => `${first?.audience}/${permission}`)].join(' '),
  };
};

/** `<resource>/<permission>`; each resource has one permission, which `.default` stands for. */
const readPermission = (name: string): { readonly audience: string; readonly permission: string } => {
  const slash = name.lastIndexOf('/');
  const audience = slash === -1 ? undefined : audienceOf(name.slice(0, slash));
  if (audience === undefined) {
    throw new Refusal('invalid_scope', 650053, `the scope "${name}" does not exist on any resource of the directory`);
  }
  const permission = audience === API_AUDIENCE ? 'access_as_user' : 'user_impersonation';
  if (!['.default', permission].includes(name.slice(slash + 1))) {
    throw new Refusal('invalid_scope', 650053, `the scope "${name}" does not exist on the resource ${audience}`);
  }
  return { audience, permission };
};
