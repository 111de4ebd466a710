/**
 * One reading of a text: its bytes (as a character each), and for each of them where in the original text it comes from. The original is a reading of
 * itself; others come of undoing percent-encoding, escapes of JSON or entities of XML, in any order, one in the other.
 */
export interface Layer {
  readonly bytes: string;
  /** Of the original, in bytes; `undefined` when it is the original. */
  readonly starts: readonly number[] | undefined;
  readonly ends: readonly number[] | undefined;
}

const deepest = 3;

const decodings: readonly { readonly pattern: RegExp; readonly decode: (written: string) => string }[] = [
  { pattern: /(?:%[0-9a-fA-F]{2})+/g, decode: (written) => fromHex(written.replaceAll('%', '')) },
  { pattern: /(?:\\u[0-9a-fA-F]{4})+|\\[bfnrt"'\\/]/g, decode: decodeEscape },
  { pattern: /&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);/g, decode: decodeEntity },
];

export function layersOf(bytes: string): Layer[] {
  const layers: Layer[] = [{ bytes, starts: undefined, ends: undefined }];
  const seen = new Set([bytes]);
  let newest = layers;
  for (let depth = 0; depth < deepest && newest.length > 0; depth += 1) {
    newest = newest
      .flatMap((layer) => decodings.flatMap((decoding) => undo(layer, decoding) ?? []))
      .filter((layer) => {
        const isNew = !seen.has(layer.bytes);
        seen.add(layer.bytes);
        return isNew;
      });
    layers.push(...newest);
  }
  return layers;
}

function undo(layer: Layer, { pattern, decode }: (typeof decodings)[number]): Layer | undefined {
  if (layer.bytes.search(pattern) < 0) return undefined;
  const starts: number[] = [];
  const ends: number[] = [];
  let bytes = '';
  let done = 0;
  const copy = (to: number) => {
    for (let at = done; at < to; at += 1) {
      starts.push(layer.starts?.[at] ?? at);
      ends.push(layer.ends?.[at] ?? at + 1);
    }
    bytes += layer.bytes.slice(done, to);
    done = to;
  };
  for (const { 0: written, index } of layer.bytes.matchAll(pattern)) {
    copy(index);
    const decoded = decode(written);
    const [start, last] = [index, index + written.length - 1];
    // Each of the decoded bytes stands for all that was written: a part of an escape is no place to cut.
    const exact = decoded.length * 3 === written.length && written.startsWith('%');
    for (let at = 0; at < decoded.length; at += 1) {
      const [from, to] = exact ? [index + at * 3, index + at * 3 + 2] : [start, last];
      starts.push(layer.starts?.[from] ?? from);
      ends.push(layer.ends?.[to] ?? to + 1);
    }
    bytes += decoded;
    done = index + written.length;
  }
  copy(layer.bytes.length);
  return { bytes, starts, ends };
}

function fromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const shortEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function decodeEscape(written: string): string {
  if (!written.startsWith('\\u')) return shortEscapes[written.slice(1)] ?? written.slice(1);
  const units = [...written.matchAll(/[0-9a-fA-F]{4}/g)].map(([hex]) => Number.parseInt(hex, 16));
  return utf8(String.fromCharCode(...units));
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntity(written: string): string {
  const name = written.slice(1, -1);
  const entity = entities[name];
  if (entity !== undefined) return entity;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0x10_ff_ff ? utf8(String.fromCodePoint(code)) : written;
}
