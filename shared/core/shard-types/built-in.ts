import { canonicalText, shortHash } from '../canonical.ts';
import type { JsonObject } from '../json.ts';

/** A shard type that every tenant has. Version 1 of it: a tenant's own versions follow. */
export interface BuiltInShardType {
  readonly id: string;
  readonly name: string;
  readonly schema: JsonObject;
}

const text: JsonObject = { type: ['string', 'null'] };
const instant: JsonObject = { type: ['string', 'null'], format: 'date-time' };
const texts: JsonObject = { type: ['array', 'null'], items: { type: ['string', 'null'] } };

const address: JsonObject = {
  type: ['object', 'null'],
  properties: {
    street: text,
    city: text,
    region: text,
    postalCode: { type: ['string', 'number', 'null'] },
    country: text,
  },
};

const objectOf = (title: string, properties: JsonObject): JsonObject => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title,
  type: 'object',
  properties,
});

/** They are open: fields that they do not name are kept as they come. They have no limits on length either, since a source has its own. */
export const builtInShardTypes: readonly BuiltInShardType[] = [
  {
    id: 'contact',
    name: 'Contact',
    schema: objectOf('Contact', {
      name: {
        type: ['object', 'string', 'null'],
        properties: { first: text, last: text, full: text },
      },
      email: text,
      emails: texts,
      phone: text,
      phones: texts,
      jobTitle: text,
      companyId: { type: ['string', 'number', 'null'] },
      address,
    }),
  },
  {
    id: 'company',
    name: 'Company',
    schema: objectOf('Company', {
      name: text,
      alternateNames: texts,
      domain: text,
      website: text,
      phone: text,
      industry: text,
      employees: { type: ['number', 'null'], minimum: 0 },
      address,
    }),
  },
  {
    id: 'deal',
    name: 'Deal',
    schema: objectOf('Deal', {
      name: text,
      amount: { type: ['number', 'null'] },
      currency: text,
      stage: text,
      closesAt: instant,
      companyId: { type: ['string', 'number', 'null'] },
      contactId: { type: ['string', 'number', 'null'] },
    }),
  },
  {
    id: 'message',
    name: 'Message',
    schema: objectOf('Message', {
      subject: text,
      body: text,
      channel: text,
      from: text,
      to: texts,
      threadId: { type: ['string', 'number', 'null'] },
      sentAt: instant,
    }),
  },
  {
    id: 'document',
    name: 'Document',
    schema: objectOf('Document', {
      title: text,
      url: text,
      mimeType: text,
      size: { type: ['number', 'null'], minimum: 0 },
      path: text,
      author: text,
      createdAt: instant,
      modifiedAt: instant,
    }),
  },
];

export function findBuiltIn(id: string): BuiltInShardType | undefined {
  return builtInShardTypes.find((type) => type.id === id);
}

const contentIds = new Map(builtInShardTypes.map((type) => [type.id, shortHash(canonicalText(type.schema))]));

/** Names what a built-in type says, as a tenant's versions are named. */
export function builtInContentId({ id }: BuiltInShardType): string {
  return contentIds.get(id) ?? '';
}
