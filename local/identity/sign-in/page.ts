import { createHash } from 'node:crypto';
import { roles } from '../../../shared/contracts/route.ts';

/** What the form shows; texts are escaped here. */
export interface SignInForm {
  readonly clientName: string;
  /** Where the browser goes next, as `http://localhost:3000`. */
  readonly returnOrigin: string;
  readonly token: string;
  readonly tenant: string;
  readonly isTenantFixed: boolean;
  readonly user: string;
  readonly role: string;
  /** What to do about the last attempt, by field; `form` for the whole. */
  readonly problems: Readonly<Partial<Record<'form' | 'tenant' | 'user' | 'role', string>>>;
}

const ROLE_MEANINGS: Readonly<Record<(typeof roles)[number], string>> = {
  viewer: 'reads',
  operator: 'runs and repairs',
  admin: 'changes everything',
};

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { box-sizing: border-box; width: min(26rem, 100vw); padding: 1.5rem; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; }
label, legend { font-weight: 600; }
input[type=text] { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; border: 1px solid GrayText; border-radius: .25rem; }
fieldset { border: 1px solid GrayText; border-radius: .25rem; }
fieldset label { display: block; padding: .25rem 0; font-weight: 400; }
button { padding: .5rem 1rem; font: inherit; border: 1px solid GrayText; border-radius: .25rem; cursor: pointer; }
button.main { background: #0b57d0; border-color: #0b57d0; color: #fff; }
:focus-visible { outline: 3px solid #d97706; outline-offset: 2px; }
.problem { padding: .5rem; border-left: 4px solid #c5221f; }
`;

const STYLE_DIGEST = createHash('sha256').update(STYLE).digest('base64');

/** Headers of every page: no scripts, no frames, no other site's parts; a form may end at the application's address. */
export const pageHeaders = (formTargets: readonly string[]): Readonly<Record<string, string>> => ({
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_DIGEST}'`,
    `form-action ${formTargets.length === 0 ? "'none'" : ["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});

/** The form posts to the address that it was shown at. Works without scripts, by keyboard and by ear. */
export const writeSignInPage = (form: SignInForm): string =>
  writePage(
    `Sign in to ${form.clientName}`,
    `<h1>Sign in</h1>
<p>to go on to <strong>${escapeText(form.clientName)}</strong> at ${escapeText(form.returnOrigin)}</p>
${writeProblem('form', form.problems.form)}
<form method="post">
<input type="hidden" name="form_token" value="${escapeText(form.token)}">
${writeField('tenant', 'Tenant', form.tenant, form.problems.tenant, form.isTenantFixed ? 'readonly' : 'autofocus')}
${writeField('user', 'User', form.user, form.problems.user, form.isTenantFixed ? 'autofocus' : '')}
<fieldset role="radiogroup"${describedBy('role', form.problems.role)}>
<legend>Role</legend>
${roles.map((role) => writeRole(role, role === form.role)).join('\n')}
</fieldset>
${writeProblem('role', form.problems.role)}
<p><button class="main" type="submit" name="decision" value="sign-in">Sign in</button>
<button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button></p>
</form>
<p>This is the issuer of the local twin: there are no passwords, you are who you say you are.</p>`,
  );

/** A page with nothing to do on it. */
export const writeNotice = (title: string, text: string): string =>
  writePage(title, `<h1>${escapeText(title)}</h1>\n<p>${escapeText(text)}</p>`);

const writePage = (title: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;

const writeField = (
  name: 'tenant' | 'user',
  label: string,
  value: string,
  problem: string | undefined,
  attributes: string,
): string =>
  `<p><label for="${name}">${label}</label><br>
<input type="text" id="${name}" name="${name}" value="${escapeText(value)}" required maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false" ${attributes}${describedBy(name, problem)}></p>
${writeProblem(name, problem)}`;

const writeRole = (role: (typeof roles)[number], isChosen: boolean): string =>
  `<label><input type="radio" name="role" value="${role}" required${isChosen ? ' checked' : ''}> ${role} (${ROLE_MEANINGS[role]})</label>`;

const describedBy = (name: string, problem: string | undefined): string =>
  problem === undefined ? '' : ` aria-invalid="true" aria-describedby="${name}-problem"`;

const writeProblem = (name: string, problem: string | undefined): string =>
  problem === undefined ? '' : `<p class="problem" id="${name}-problem" role="alert">${escapeText(problem)}</p>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
