import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { AdapterFailure } from '../../shared/core/adapter.ts';

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: (bytes, options) => (hasZlibHeader(bytes) ? promisify(inflate) : promisify(inflateRaw))(bytes, options),
};

export const acceptedEncodings = 'gzip, br, deflate';

/**
 * Reads a body to its end and undoes its content encoding. Neither what travels nor what comes out of it may be larger than
 * `maxBytes`; reading stops there. Throws `unexpected-response`; errors of the connection pass through.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  { request, encoding, maxBytes }: { readonly request: string; readonly encoding: string; readonly maxBytes: number },
): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  const decompress = name === '' || name === 'identity' ? undefined : decompressorOf(name);
  if (decompress === null) {
    throw new AdapterFailure('unexpected-response', `${request} was answered in an encoding that is not supported.`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(request, maxBytes);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks, length);
  if (decompress === undefined || length === 0) return bytes;
  try {
    return await decompress(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(request, maxBytes);
    }
    throw new AdapterFailure(
      'unexpected-response',
      `${request} was answered with a damaged or truncated ${name} body.`,
      {
        cause: error,
      },
    );
  }
}

function decompressorOf(name: string): Decompress | null {
  return Object.hasOwn(decompressors, name) ? (decompressors[name] ?? null) : null;
}

/** Servers disagree whether `deflate` has the zlib header (RFC 1950) or not (RFC 1951). */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}

function tooLarge(request: string, maxBytes: number): AdapterFailure {
  const size = maxBytes >= 1024 * 1024 ? `${Math.round(maxBytes / 1024 / 1024)} MiB` : `${maxBytes} bytes`;
  return new AdapterFailure('unexpected-response', `${request} was answered with more than ${size}.`);
}
