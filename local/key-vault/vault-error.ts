/** An error as the service answers it: `{ error: { code, message, innererror? } }`. */
export class VaultError extends Error {
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: { readonly innerCode?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.name = 'VaultError';
    this.status = status;
    this.code = code;
    this.innerCode = extra.innerCode;
    this.headers = extra.headers ?? {};
  }
}

export const badParameter = (message: string): VaultError => new VaultError(400, 'BadParameter', message);

export const secretNotFound = (name: string): VaultError =>
  new VaultError(404, 'SecretNotFound', `A secret with (name/id) ${name} was not found in this key vault.`);

export const errorBody = ({ code, message, innerCode }: VaultError): string =>
  JSON.stringify({ error: { code, message, ...(innerCode === undefined ? {} : { innererror: { code: innerCode } }) } });
