import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A secret as it could lie about: as it is, percent-encoded, in hex, and inside of longer base64 at each of its three offsets. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    // The first and the last characters depend on the neighbours.
    return encoded.slice(offset === 0 ? 0 : offset + 1, -2);
  });
  const inUrl = inBase64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([secret, encodeURIComponent(secret), bytes.toString('hex'), ...inBase64, ...inUrl])];
}

/** Which of the texts hold the secret in any form. */
export function textsWith(secret: string, texts: readonly string[]): string[] {
  const forms = formsOf(secret);
  return texts.filter((text) => forms.some((form) => text.includes(form)));
}

/** Which files below a folder hold the secret in any form; paths relative to the folder. */
export async function filesWith(secret: string, folder: string): Promise<string[]> {
  const forms = formsOf(secret);
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // Files of databases come and go.
    const content = await readFile(path).catch(() => Buffer.alloc(0));
    if (forms.some((form) => content.includes(form))) found.push(path.slice(folder.length + 1));
  }
  return found.sort();
}
