import { mappingTargets } from '../shared/contracts/mapping.ts';
import { compileSchema } from '../shared/core/conversion/compile-schema.ts';
import type { AnswerQuestions, ProgramQuestion } from '../shared/core/conversion/deferral.ts';
import type { JsonObject } from '../shared/core/json.ts';
import { readPage } from '../shared/core/observation.ts';
import { findBuiltIn } from '../shared/core/shard-types/built-in.ts';
import { compileValidator } from '../shared/core/shard-types/compile-validator.ts';
import { ExpressionWorkers } from '../shared/sandbox/expression-workers.ts';
import { median, note, round } from './report.ts';

const pageSize = 1000;
const repetitions = 5;

const paths = [
  'name.first',
  'name.last',
  'email',
  'phone',
  'jobTitle',
  'companyId',
  'address.street',
  'address.city',
  'address.region',
  'address.postalCode',
  'address.country',
  'note',
];

const direct = paths.map((to, index) => ({ to, from: `field${index}` }));

/** What each kind of mapping adds to a direct one of twelve fields. */
const kinds = {
  direct,
  transforms: direct.map((rule) => ({ ...rule, transforms: ['trim' as const] })),
  phoneAndEmail: [
    ...direct.filter((rule) => rule.to !== 'phone' && rule.to !== 'email'),
    { to: 'email', from: 'email', transforms: ['email' as const] },
    { to: 'phone', from: 'phone', transforms: [{ kind: 'phone' as const, country: 'SI' }] },
  ],
  template: [...direct, { to: 'label', template: 'field0 & " " & field1' }],
  script: [...direct, { to: 'label', script: 'record.field0 + " " + record.field1' }],
};

type Rates = Record<keyof typeof kinds, number>;

/**
 * Conversion by itself, in one process without I/O: records a second by kind of mapping, validated against the shard type, and `observed` with the hash
 * that tells a changed record from an unchanged one.
 */
export async function measureRecords(): Promise<Readonly<Record<string, unknown>>> {
  const workers = new ExpressionWorkers(new URL('../shared/sandbox/expression-worker.ts', import.meta.url));
  const answer: AnswerQuestions = (questions) =>
    workers.evaluate({ tenantId: 'bench' }, questions as readonly ProgramQuestion[]);
  const validators = new Map([['contact', await compileValidator(findBuiltIn('contact')?.schema ?? {})]]);
  const rates: Partial<Rates> = {};
  let observed = 0;
  for (const [kind, fields] of Object.entries(kinds) as [keyof Rates, (typeof kinds)[keyof typeof kinds]][]) {
    const targets = mappingTargets.parse([{ shardTypeId: 'contact', fields }]);
    const converter = await compileSchema({ object: 'people', targets, version: kind, validators });
    const pages = kind === 'direct' || kind === 'transforms' ? 100 : 10;
    rates[kind] = await rateOf(pages, (page) => converter.convert(page, answer));
    if (kind === 'direct') observed = await rateOf(pages, (page) => readPage('int_1', converter, page, answer));
    note(`records ${kind}: ${rates[kind]} records/s`);
  }
  workers.close();
  return { fields: direct.length, recordsPerSecond: rates, observedRecordsPerSecond: observed };
}

async function rateOf(pages: number, convert: (page: ReturnType<typeof pageOf>) => Promise<unknown>): Promise<number> {
  const rates: number[] = [];
  await convert(pageOf(0));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const given = Array.from({ length: pages }, (_each, page) => pageOf(page));
    const startedAt = performance.now();
    for (const page of given) await convert(page);
    rates.push((pages * pageSize) / ((performance.now() - startedAt) / 1000));
  }
  return round(median(rates), 0);
}

function pageOf(page: number) {
  return Array.from({ length: pageSize }, (_each, index) => {
    const id = String(page * pageSize + index);
    const record: JsonObject = {
      id,
      email: `Person${id}@Example.org`,
      phone: `040 ${100_000 + (Number(id) % 900_000)}`,
    };
    for (let field = 0; field < paths.length; field += 1) record[`field${field}`] = `value ${field} of ${id}`;
    return { externalId: id, deleted: false, record };
  });
}
