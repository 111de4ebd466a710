/**
 * One reading of a text: its bytes (as a character each), and for each of them where in the text that was read it comes from. The original is a reading of
 * itself; others come of undoing percent-encoding, escapes of JSON, entities of XML or the breaking of base64 into lines, in any order, one in the other.
 */
export interface Layer {
  readonly bytes: string;
  /** Of what it is a reading, and of which pieces, in order; `undefined` when it is the original. */
  readonly of: { readonly layer: Layer; readonly pieces: readonly Piece[] } | undefined;
}

/** Bytes from `at` on that stand for those from `from` to `to`: so many for each, or (0) all for all, since a part of an escape is no place to cut. */
interface Piece {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly each: 0 | 1 | 3;
}

const deepest = 3;

const decodings: readonly { readonly pattern: RegExp; readonly decode: (written: string) => string }[] = [
  { pattern: /(?:%[0-9a-fA-F]{2})+/g, decode: (written) => fromHex(written.replaceAll('%', '')) },
  { pattern: /(?:\\u[0-9a-fA-F]{4})+|\\[bfnrt"'\\/]/g, decode: decodeEscape },
  { pattern: /(?<=[A-Za-z0-9+/_-]{40})\r?\n(?=[A-Za-z0-9+/=_-])/g, decode: () => '' },
  { pattern: /&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);/g, decode: decodeEntity },
];

/** Where in the original a part of a reading comes from, in bytes. */
export function placeOf({ of }: Layer, start: number, end: number): { start: number; end: number } {
  if (of === undefined) return { start, end };
  const [first, last] = [pieceAt(of.pieces, start), pieceAt(of.pieces, end - 1)];
  return placeOf(
    of.layer,
    first.from + (start - first.at) * first.each,
    last.each === 0 ? last.to : last.from + (end - last.at) * last.each,
  );
}

/** The last one that begins there or before. */
function pieceAt(pieces: readonly Piece[], at: number): Piece {
  let [low, high] = [0, pieces.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((pieces[middle]?.at ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const piece = pieces[low];
  if (piece === undefined) throw new RangeError('A reading without pieces has no places');
  return piece;
}

export function layersOf(bytes: string): Layer[] {
  const layers: Layer[] = [{ bytes, of: undefined }];
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
  const pieces: Piece[] = [];
  let bytes = '';
  let done = 0;
  const add = (decoded: string, to: number, each: Piece['each']) => {
    if (decoded !== '') pieces.push({ at: bytes.length, from: done, to, each });
    bytes += decoded;
    done = to;
  };
  for (const { 0: written, index } of layer.bytes.matchAll(pattern)) {
    add(layer.bytes.slice(done, index), index, 1);
    const decoded = decode(written);
    const isExact = decoded.length * 3 === written.length && written.startsWith('%');
    add(decoded, index + written.length, isExact ? 3 : 0);
  }
  add(layer.bytes.slice(done), layer.bytes.length, 1);
  return { bytes, of: { layer, pieces } };
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
