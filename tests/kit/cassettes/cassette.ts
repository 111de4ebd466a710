import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

/**
 * A body, byte for byte. `json`: what `JSON.stringify` writes for the value, with that many spaces of indentation. `lines`: text, to be joined by line
 * feeds. `base64`: what is no UTF-8.
 */
const body = z.union([
  z.strictObject({ json: z.json(), indent: z.int().min(0).max(10) }),
  z.strictObject({ lines: z.array(z.string()).min(1) }),
  z.strictObject({ base64: z.base64() }),
]);

/** By lower-case name, in the order of the names; a list for a header that came more than once. */
const headers = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

const request = z.strictObject({ method: z.string(), url: z.string(), headers, body: body.optional() });

const answer = z.strictObject({ status: z.int().min(100).max(599), headers, body: body.optional() });

/** A request that came in, and what it was answered. `url` begins with the path. */
const delivery = z.strictObject({ kind: z.literal('delivery'), request, answer: answer.optional() });

/** A request that went out, and its answer, or the code of the error that the network gave instead. */
const call = z.strictObject({
  kind: z.literal('call'),
  request,
  outcome: z.union([z.strictObject({ answer }), z.strictObject({ error: z.strictObject({ code: z.string() }) })]),
});

/** What came in and went out, in the order in which it began. */
const cassette = z.strictObject({
  cassette: z.literal(1),
  interactions: z.array(z.discriminatedUnion('kind', [delivery, call])),
});

export type Body = z.infer<typeof body>;
export type Headers = z.infer<typeof headers>;
export type RecordedRequest = z.infer<typeof request>;
export type RecordedAnswer = z.infer<typeof answer>;
export type RecordedDelivery = z.infer<typeof delivery>;
export type RecordedCall = z.infer<typeof call>;
export type Interaction = RecordedDelivery | RecordedCall;
export type Cassette = z.infer<typeof cassette>;

/** The text of a cassette's file: the same for the same interactions, a line for each value. */
export function writeCassette(interactions: readonly Interaction[]): string {
  return `${JSON.stringify({ cassette: 1, interactions }, null, 2)}\n`;
}

/** Throws when the text is no cassette, saying where. */
export function parseCassette(text: string): Cassette {
  const parsed = cassette.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`This is not a cassette: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export async function loadCassette(file: string): Promise<Cassette> {
  return parseCassette(await readFile(file, 'utf8'));
}

/** Replaces the file as a whole: a recording that is cut short leaves the last one. */
export async function storeCassette(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.unfinished`;
  await writeFile(unfinished, text);
  await rename(unfinished, file);
}
