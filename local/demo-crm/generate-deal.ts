import { findCountry } from './countries.ts';
import type { Dataset } from './dataset.ts';
import { companyProfileAt } from './generate-company.ts';
import { type Draw, drawFrom, STREAMS } from './random.ts';
import { type Fields, idOf } from './record-types.ts';

export const DEAL_STAGES = ['lead', 'qualified', 'proposal', 'negotiation', 'won', 'lost'] as const;

const PRODUCTS = ['Campus licence', 'Library access', 'Lab equipment', 'Training', 'Support plan', 'Research pool'];
const OWNERS = ['ada', 'grace', 'linus', 'margaret', 'tim'];
const CLOSES_FROM_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** The fields of a deal around a company and mostly one of the contacts. */
export const generateDeal = (dataset: Dataset, index: number): Fields => {
  const draw = drawFrom(dataset.seed, STREAMS.deal, index);
  const { companies, contacts } = dataset.counts;
  const companyIndex = companies > 0 ? draw.integer(companies) : undefined;
  const company = companyIndex === undefined ? undefined : companyProfileAt(dataset, companyIndex);
  const country = company?.countryCode === undefined ? undefined : findCountry(company.countryCode);
  const product = draw.pick(PRODUCTS);
  const stage = draw.integer(DEAL_STAGES.length);
  const lines = drawLines(draw);
  const amount = lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0) / 100;
  return {
    name: `${company?.name ?? company?.domain ?? 'Unknown'} – ${product}`,
    amount: draw.chance(0.93) ? amount : null,
    currency: country?.currency ?? 'USD',
    stage: DEAL_STAGES[stage],
    probability: stage / (DEAL_STAGES.length - 1),
    ...(draw.chance(0.85)
      ? { closeDate: new Date(CLOSES_FROM_MS + draw.integer(365) * DAY_MS).toISOString().slice(0, 10) }
      : {}),
    companyId: companyIndex === undefined ? null : idOf('companies', companyIndex),
    contactId: contacts > 0 && draw.chance(0.85) ? idOf('contacts', draw.integer(contacts)) : null,
    owner: { email: `${draw.pick(OWNERS)}@crm.example`, team: draw.pick(['north', 'south', null]) },
    lines: lines.map(({ sku, quantity, unitPriceCents }) => ({ sku, quantity, unitPrice: unitPriceCents / 100 })),
  };
};

const drawLines = (draw: Draw): readonly { sku: string; quantity: number; unitPriceCents: number }[] =>
  Array.from({ length: 1 + draw.integer(3) }, () => ({
    sku: `SKU-${draw.digits(4)}`,
    quantity: 1 + draw.integer(40),
    unitPriceCents: 500 + draw.integer(100_000),
  }));
