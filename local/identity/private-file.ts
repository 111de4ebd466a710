import { randomUUID } from 'node:crypto';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Files for the owner's eyes. They are written whole under another name first, so that nobody ever reads half of one. */
const publish = async (path: string, text: string, put: (draft: string) => Promise<void>): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
    await put(draft);
  } finally {
    await rm(draft, { force: true });
  }
};

/** Creates the file; does nothing if there is one already, from whichever process. */
export const createPrivateFile = (path: string, text: string): Promise<void> =>
  publish(path, text, (draft) =>
    link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') {
        throw error;
      }
    }),
  );

export const replacePrivateFile = (path: string, text: string): Promise<void> =>
  publish(path, text, (draft) => rename(draft, path));
