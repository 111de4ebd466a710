import { expect, it } from 'vitest';
import { problemDocument } from '../../shared/contracts/problem.ts';
import { routes } from '../../shared/contracts/routes.ts';
import type { App } from './start-app.ts';

export function unroutedSuite(app: () => App): void {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${app().twin.api()}${path}`, init);
    return { response, text: await response.text() };
  };

  it.each(['/nothing', '/tenant', '/tenant/integrations/a/b/c', '/docs/main.cjs', '/docs/..%2fmain.cjs', '/', ''])(
    'answers a 404 problem at %j',
    async (path) => {
      const { response, text } = await ask(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(response.headers.get('x-request-id')).toMatch(/^req_/);
      expect(problemDocument.parse(JSON.parse(text)).code).toBe('not-found');
    },
  );

  it('answers 405 with the methods that there are, at every path', async () => {
    for (const path of new Set(routes.map((route) => route.path))) {
      const allowed = routes.filter((route) => route.path === path).map((route) => route.method);
      const url = `/${path.replaceAll(/\{(\w+)\}/g, 'x')}`;
      for (const method of ['PUT', 'PATCH', 'DELETE', 'POST', 'GET', 'OPTIONS'] as const) {
        if ((allowed as string[]).includes(method)) continue;
        const { response, text } = await ask(url, { method });
        expect([method, path, response.status]).toEqual([method, path, 405]);
        expect(response.headers.get('allow')?.split(', ').sort()).toEqual(allowed.toSorted());
        expect(problemDocument.parse(JSON.parse(text)).code).toBe('method-not-allowed');
      }
    }
  });

  it('serves the API page from here alone, under a strict policy', async () => {
    const { response, text } = await ask('/docs');
    expect(response.headers.get('content-type')).toContain('text/html');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
    const sources = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => String(source));
    expect(sources.length).toBe(4);
    for (const source of sources) {
      const url = new URL(source, `${app().twin.api()}/docs`);
      expect(url.origin).toBe(new URL(app().twin.api()).origin);
      const file = await fetch(url);
      expect([source, file.status]).toEqual([source, 200]);
      await file.arrayBuffer();
    }
  });
}
