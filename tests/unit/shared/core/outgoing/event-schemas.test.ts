import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { eventDefinitions, eventTypes, schemasOf } from '../../../../../shared/contracts/event-schemas.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajvFormats.default(ajv);

const integrationId = 'int_00000000000000000000000000';
const message = (data: object, type = 'connection.expiring') => ({
  id: 'evt_1',
  type,
  version: 1,
  timestamp: '2030-01-01T00:00:00.000Z',
  subject: integrationId,
  data,
});

test.each(eventTypes)('%s has a schema for each version, which is valid JSON Schema', (type) => {
  const schemas = schemasOf(type);
  expect(schemas.filter(({ current }) => current)).toHaveLength(1);
  expect(schemas.map(({ version }) => version)).toEqual(
    [...schemas.map(({ version }) => version)].sort((a, b) => b - a),
  );
  for (const { schema } of schemas) expect(() => ajv.compile(schema)).not.toThrow();
  expect(schemas.find(({ current }) => current)?.version).toBe(eventDefinitions[type].current);
});

test('a schema judges the message as subscribers get it', () => {
  const [published] = schemasOf('connection.expiring');
  const validate = ajv.compile(published?.schema ?? {});
  const data = { integrationId, expiresAt: '2030-01-01T00:00:00.000Z' };
  expect(validate(message(data))).toBe(true);
  expect(validate(message({ integrationId }))).toBe(false);
  expect(validate(message(data, 'sync.failed'))).toBe(false);
  expect(validate(message({ ...data, surplus: 1 }))).toBe(false);
});
