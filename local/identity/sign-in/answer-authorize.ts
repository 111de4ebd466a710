import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { tenantId } from '../../../shared/contracts/identifiers.ts';
import { roles } from '../../../shared/contracts/route.ts';
import { fixedTenant } from '../directory.ts';
import { type HttpAnswer, readForm } from '../http-answer.ts';
import { Refusal } from '../refusal.ts';
import {
  type AuthorizeRequest,
  type ReturnAddress,
  readAuthorizeRequest,
  readReturnAddress,
} from './authorize-request.ts';
import { readCookie, writeCookie } from './cookies.ts';
import type { FormGuard } from './form-guard.ts';
import type { SignInParts } from './grant-tokens.ts';
import { pageHeaders, type SignInForm, writeNotice, writeSignInPage } from './page.ts';
import type { Person } from './person.ts';
import type { Sessions } from './sessions.ts';

export interface AuthorizeParts extends SignInParts {
  readonly sessions: Sessions;
  readonly guard: FormGuard;
}

export const SESSION_COOKIE = 'sign-in-session';
const FORM_COOKIE = 'sign-in-form';

/**
 * Answers `GET /{tenant}/oauth2/v2.0/authorize`: the sign-in page, or straight back to the application where the browser
 * is signed in already; and `POST`, the page's form.
 */
export const answerAuthorize = async (
  parts: AuthorizeParts,
  tenant: string | undefined,
  url: URL,
  request: IncomingMessage,
  nowMs: number,
): Promise<HttpAnswer> => {
  let back: ReturnAddress;
  try {
    checkTenantName(tenant);
    back = readReturnAddress(parts.publicClients, url.searchParams);
  } catch (error) {
    if (error instanceof Refusal) {
      return { status: 400, headers: pageHeaders([]), body: writeNotice('This sign-in cannot begin', error.message) };
    }
    throw error;
  }
  try {
    const asked = readAuthorizeRequest(url.searchParams);
    const attempt: Attempt = { parts, tenant: fixedTenant(tenant), target: url.pathname + url.search, back, asked };
    return request.method === 'POST' ? await answerForm(attempt, request, nowMs) : answerVisit(attempt, request, nowMs);
  } catch (error) {
    if (error instanceof Refusal) {
      return sendBack(back, { error: error.error, error_description: error.message });
    }
    throw error;
  }
};

interface Attempt {
  readonly parts: AuthorizeParts;
  /** The only one that will do, if the path names one. */
  readonly tenant: string | undefined;
  readonly target: string;
  readonly back: ReturnAddress;
  readonly asked: AuthorizeRequest;
}

const answerVisit = (attempt: Attempt, request: IncomingMessage, nowMs: number): HttpAnswer => {
  const { parts, tenant, asked } = attempt;
  const known = parts.sessions.find(readCookie(request, SESSION_COOKIE), nowMs);
  const person = known !== undefined && (tenant ?? known.tenant) === known.tenant ? known : undefined;
  if (asked.prompt !== 'page' && person !== undefined) {
    return sendCode(attempt, person, nowMs);
  }
  if (asked.prompt === 'none') {
    throw new Refusal('login_required', 50058, 'nobody is signed in, and prompt=none forbids to ask');
  }
  const { loginHint } = asked;
  return showForm(attempt, request, 200, {
    tenant: tenant ?? known?.tenant ?? 'demo',
    user: loginHint ?? known?.subject ?? 'ada',
    role: known?.role ?? 'admin',
    problems: {},
  });
};

const answerForm = async (attempt: Attempt, request: IncomingMessage, nowMs: number): Promise<HttpAnswer> => {
  const { parts, tenant, target } = attempt;
  const form = (await readForm(request)) ?? new URLSearchParams();
  const given = {
    tenant: tenant ?? (form.get('tenant') ?? '').trim(),
    user: (form.get('user') ?? '').trim(),
    role: form.get('role') ?? '',
  };
  if (!parts.guard.isGood(readCookie(request, FORM_COOKIE), target, form.get('form_token'))) {
    const problems = { form: 'This page was too old, or did not come from here. Please try again.' };
    return showForm(attempt, request, 403, { ...given, problems });
  }
  if (form.get('decision') === 'cancel') {
    throw new Refusal('access_denied', 65004, 'the sign-in was cancelled');
  }
  const problems = findProblems(given);
  if (Object.keys(problems).length > 0) {
    return showForm(attempt, request, 400, { ...given, problems });
  }
  const person = { tenant: given.tenant, subject: given.user, role: given.role };
  parts.sessions.end(readCookie(request, SESSION_COOKIE));
  const session = writeCookie(request, SESSION_COOKIE, parts.sessions.begin(person, nowMs));
  return sendCode(attempt, person, nowMs, { 'set-cookie': session });
};

const findProblems = ({ tenant, user, role }: Record<'tenant' | 'user' | 'role', string>): SignInForm['problems'] => ({
  ...(tenantId.safeParse(tenant).success
    ? {}
    : { tenant: 'Give the tenant by its id: lower-case letters, digits and hyphens.' }),
  ...(/^[\p{L}\p{N}][\p{L}\p{N} .@+_-]{0,63}$/u.test(user)
    ? {}
    : { user: 'Give a name or an address: letters, digits, spaces and . @ + _ -, at most 64.' }),
  ...(roles.some((one) => one === role) ? {} : { role: 'Choose a role.' }),
});

const showForm = (
  { parts, tenant, target, back }: Attempt,
  request: IncomingMessage,
  status: number,
  shown: Pick<SignInForm, 'tenant' | 'user' | 'role' | 'problems'>,
): HttpAnswer => {
  const mark = parts.guard.markBrowser(readCookie(request, FORM_COOKIE));
  const returnOrigin = back.address.origin;
  return {
    status,
    headers: { ...pageHeaders([returnOrigin]), 'set-cookie': writeCookie(request, FORM_COOKIE, mark) },
    body: writeSignInPage({
      ...shown,
      clientName: back.client.name,
      returnOrigin,
      token: parts.guard.tokenFor(mark, target),
      isTenantFixed: tenant !== undefined,
    }),
  };
};

const sendCode = (
  { parts, back, asked }: Attempt,
  person: Person,
  nowMs: number,
  headers: HttpAnswer['headers'] = {},
): HttpAnswer => {
  const code = parts.codes.issue(
    {
      clientId: back.client.clientId,
      redirectUri: back.redirectUri,
      codeChallenge: asked.codeChallenge,
      nonce: asked.nonce,
      scope: asked.scope,
      person,
      signInId: randomUUID(),
    },
    nowMs,
  );
  return sendBack(back, { code }, headers);
};

const sendBack = (
  { address, responseMode, state }: ReturnAddress,
  outcome: Readonly<Record<string, string>>,
  headers: HttpAnswer['headers'] = {},
): HttpAnswer => {
  const location = new URL(address);
  const fields = new URLSearchParams({ ...outcome, ...(state === undefined ? {} : { state }) });
  if (responseMode === 'fragment') {
    location.hash = fields.toString();
  } else {
    for (const [name, value] of fields) {
      location.searchParams.set(name, value);
    }
  }
  return {
    status: 302,
    headers: { location: location.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', ...headers },
  };
};

const checkTenantName = (tenant: string | undefined): void => {
  if (tenant !== undefined && !tenantId.safeParse(tenant).success) {
    throw new Refusal('invalid_request', 90002, `there is no tenant "${tenant}"`);
  }
};
