import {
  isPlaceholder,
  isSensitiveHeader,
  listedSecrets,
  type NamedSecret,
  namedSecrets,
  placeholderOf,
} from './named-secrets.ts';
import { readLayers, SecretFinder, type Span, shortestSecret } from './secret-forms.ts';
import { layersOf, placeOf } from './written-layers.ts';

interface Known {
  readonly finder: SecretFinder;
  readonly placeholder: string;
}

interface Replacement extends Span {
  readonly placeholder: string;
}

/** Stands for a value that is too short to be looked for elsewhere. */
const short = placeholderOf('short');

/** Shorter values of cookies are settings rather than sessions. */
const shortestSession = 12;

/**
 * Takes secrets out of texts. It knows those that it was given, by name, and learns others from how they are named or look; what it knows it
 * finds in every writing. Everything is to be learnt before anything is redacted, since a secret may show before its name does.
 */
export class Redactor {
  readonly #known: Known[] = [];
  readonly #values = new Set<string>();
  #learnt = 0;

  /** @param secrets by the names that placeholders will have */
  constructor(secrets: Readonly<Record<string, string>>) {
    for (const [name, secret] of Object.entries(secrets)) this.#add(secret, placeholderOf(name));
  }

  learn(text: string, isParameters: boolean): void {
    for (const { value } of this.#findNamed(this.#replaceKnown(text), isParameters)) this.#learnValue(value);
    for (const layer of layersOf(Buffer.from(text, 'utf8').toString('latin1'))) {
      for (const value of listedSecrets(layer.bytes)) this.#learnValue(value);
    }
  }

  learnHeader(name: string, value: string): void {
    if (/cookie$/i.test(name)) this.#learnCookies(value, /^set-/i.test(name));
    else if (isSensitiveHeader(name) && !isPlaceholder(this.#replaceKnown(value))) {
      // Of "Bearer x" the token is the secret.
      const token = value.replace(/^[A-Za-z][\w-]* (?=\S)/, '');
      this.#learnValue(token);
      if (/^basic /i.test(value))
        this.#learnValue(
          Buffer.from(token, 'base64')
            .toString('utf8')
            .replace(/^[^:]*:/, ''),
        );
    }
    this.learn(value, false);
  }

  redact(text: string, isParameters: boolean): string {
    const known = this.#replaceKnown(text);
    const named = this.#findNamed(known, isParameters);
    if (named.length === 0) return known;
    const bytes = Buffer.from(known, 'utf8').toString('latin1');
    return fromLatin1(
      replace(
        bytes,
        named.map((span) => ({ ...span, placeholder: short })),
      ),
    );
  }

  redactHeader(name: string, value: string): string {
    // Several values in one, each with attributes: none of them is of use to anyone who plays it.
    if (/cookie$/i.test(name)) return placeholderOf('cookie');
    const redacted = this.redact(value, false);
    return isSensitiveHeader(name) && redacted === value && !/redacted\.[\w-]+\./.test(value) ? short : redacted;
  }

  /** Whether a secret that it knows is there. */
  isIn(content: string | Uint8Array): boolean {
    const layers = readLayers(Buffer.from(content));
    return this.#known.some(({ finder }) => finder.find(layers).length > 0);
  }

  /** Lets what stands for a secret be recognised in every writing too: in playing, it is what callers have in the secret's place. */
  knowPlaceholder(placeholder: string): void {
    this.#add(placeholder, placeholder);
  }

  /** In every reading of a text, also one in the other; places are of its bytes. */
  #findNamed(text: string, isParameters: boolean): NamedSecret[] {
    return layersOf(Buffer.from(text, 'utf8').toString('latin1')).flatMap((layer) =>
      namedSecrets(layer.bytes, isParameters).map(({ start, end, value }) => ({
        ...placeOf(layer, start, end),
        value,
      })),
    );
  }

  /** Of one that is set, what follows are attributes. */
  #learnCookies(header: string, isSet: boolean): void {
    for (const pair of header.split(';').slice(0, isSet ? 1 : undefined)) {
      const value = pair.slice(pair.indexOf('=') + 1).trim();
      if (value.length >= shortestSession) this.#learnValue(value);
    }
  }

  #learnValue(value: string): void {
    if (isPlaceholder(value)) return;
    if (value.length < shortestSecret || this.#values.has(value)) return;
    this.#learnt += 1;
    this.#add(value, placeholderOf(String(this.#learnt)));
  }

  #add(secret: string, placeholder: string): void {
    this.#values.add(secret);
    this.#known.push({ finder: new SecretFinder(secret), placeholder });
  }

  #replaceKnown(text: string): string {
    if (this.#known.length === 0) return text;
    const bytes = Buffer.from(text, 'utf8');
    const layers = readLayers(bytes);
    const found = this.#known.flatMap(({ finder, placeholder }) =>
      finder.find(layers).map((span) => ({ ...span, placeholder })),
    );
    if (found.length === 0) return text;
    return fromLatin1(replace(bytes.toString('latin1'), found));
  }
}

function fromLatin1(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Where spans overlap, the one that begins first, or is longer, gives its placeholder to all of them. */
function replace(text: string, spans: readonly Replacement[]): string {
  const sorted = spans.toSorted((left, right) => left.start - right.start || right.end - left.end);
  let written = '';
  let done = 0;
  for (const { start, end, placeholder } of sorted) {
    if (start >= done) written += text.slice(done, start) + placeholder;
    done = Math.max(done, end);
  }
  return written + text.slice(done);
}
