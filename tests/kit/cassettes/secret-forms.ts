import { type Layer, layersOf, placeOf } from './written-layers.ts';

/** Shorter ones can't be told from other text. */
export const shortestSecret = 6;

/** From and to, in bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Knows a secret in every writing in which it may lie about: as it is, in UTF-16, in hex, and in base64 of either alphabet, alone or in the midst of something
 * longer (which then counts as a whole), broken into lines or not; each of them percent-encoded, escaped as in JSON, or with entities of XML, also one in the other.
 */
export class SecretFinder {
  readonly #plain: readonly string[];
  readonly #hex: string;
  readonly #cores: readonly string[];

  /** @throws when the secret is too short */
  constructor(secret: string) {
    if (secret.length < shortestSecret) throw new Error(`A secret needs at least ${shortestSecret} characters`);
    const bytes = Buffer.from(secret, 'utf8');
    const wide = Buffer.from(secret, 'utf16le');
    this.#plain = [bytes, wide, Buffer.from(wide).swap16()].map((written) => withSpaces(written.toString('latin1')));
    this.#hex = bytes.toString('hex');
    this.#cores = base64Cores(bytes);
  }

  find(texts: readonly ReadLayer[]): Span[] {
    return texts.flatMap((text) => {
      const spans = [
        ...this.#plain.flatMap((plain) => placesOf(text.spaced, plain)),
        ...placesOf(text.lower, this.#hex),
        ...this.#cores.flatMap((core) => placesOf(text.layer.bytes, core).map((span) => wholeRun(text, span))),
      ];
      return spans.map(({ start, end }) => placeOf(text.layer, start, end));
    });
  }
}

/** A reading of a text, prepared for being searched for many secrets. */
interface ReadLayer {
  readonly layer: Layer;
  readonly spaced: string;
  readonly lower: string;
}

export function readLayers(bytes: Uint8Array): ReadLayer[] {
  return layersOf(Buffer.from(bytes).toString('latin1')).map((layer) => ({
    layer,
    spaced: withSpaces(layer.bytes),
    lower: lowerAscii(layer.bytes),
  }));
}

/** A form writes a space as a plus. */
function withSpaces(text: string): string {
  return text.replaceAll('+', ' ');
}

/** Other characters may become two. */
function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The characters of base64 that depend on the secret alone, at each of its three places in a group. */
function base64Cores(bytes: Buffer): string[] {
  const cores = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const whole = (bytes.length + before) % 3 === 0 ? encoded.length : encoded.length - 1;
    const core = encoded.slice(before === 0 ? 0 : before + 1, whole);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [...new Set(cores)];
}

function placesOf(text: string, sought: string): Span[] {
  const places: Span[] = [];
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + 1)) {
    places.push({ start: at, end: at + sought.length });
  }
  return places;
}

const base64Character = /[A-Za-z0-9+/=_-]/;

function wholeRun({ layer: { bytes } }: ReadLayer, span: Span): Span {
  let { start, end } = span;
  while (start > 0 && base64Character.test(bytes[start - 1] ?? '')) start -= 1;
  while (end < bytes.length && base64Character.test(bytes[end] ?? '')) end += 1;
  return { start, end };
}
