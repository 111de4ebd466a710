import { describe, expect, it } from 'vitest';
import { mappingTargets } from '../../../../../shared/contracts/mapping.ts';
import { publishConversionSchema } from '../../../../../shared/use-cases/publish-conversion-schema.ts';
import { rollBackConversionSchema } from '../../../../../shared/use-cases/roll-back-conversion-schema.ts';
import { storeTargets } from '../../../../../shared/use-cases/store-targets.ts';
import { updateIntegration } from '../../../../../shared/use-cases/update-integration.ts';
import { ana, PushWorld } from '../../../../kit/push-world.ts';
import { integrationOf } from '../../../../kit/two-way/set-up.ts';

const integrationId = integrationOf(1);

/** System `b` is only written to, by a conversion schema with two versions: the second has the telephone number as well. */
async function writtenTo(): Promise<{ world: PushWorld; conversionSchemaId: string }> {
  const world = new PushWorld();
  const { deps, scope } = world;
  const conversionSchemaId = deps.newId('conversionSchema');
  const createdAt = deps.now().toISOString();
  const versions = [];
  for (const [index, names] of [
    ['name', 'email'],
    ['name', 'email', 'phone'],
  ].entries()) {
    const fields = names.map((name) => ({ from: name, to: name }));
    const targets = mappingTargets.parse([{ shardTypeId: 'contact', fields }]);
    const contentId = await storeTargets(deps, scope, { integrationId, conversionSchemaId }, targets);
    versions.push({ version: index + 1, contentId, createdAt });
  }
  await deps.conversionSchemas.write(scope, {
    kind: 'create',
    document: {
      id: conversionSchemaId,
      tenantId: scope.tenantId,
      kind: 'conversion-schema',
      schemaVersion: 1,
      integrationId,
      name: 'People',
      object: 'people',
      versions,
      published: 1,
      publications: 1,
      createdAt,
      updatedAt: createdAt,
    },
  });
  await world.changeTask(1, { direction: 'push', objects: [{ object: 'people', conversionSchemaId }] });
  await world.settle();
  world.a.create(ana);
  await world.read(0);
  expect(phonesOf(world)).toEqual([undefined]);
  return { world, conversionSchemaId };
}

const phonesOf = ({ b }: PushWorld) => b.live().map(({ fields }) => fields['phone']);

const asked = (world: PushWorld) => ({
  query: undefined,
  ifMatch: undefined,
  attempt: { at: world.deps.now(), repeated: false },
});

describe('what is written to an integration that is only written to', () => {
  it('follows a mapping that is published, without anything else happening', async () => {
    const { world, conversionSchemaId } = await writtenTo();
    const params = { integrationId, conversionSchemaId };
    await publishConversionSchema(world.deps, world.scope, { ...asked(world), params, body: { version: 2 } });
    await world.rest();
    expect(phonesOf(world)).toEqual([ana['phone']]);
    await rollBackConversionSchema(world.deps, world.scope, { ...asked(world), params, body: { version: 1 } });
    await world.rest();
    expect(world.b.writes).toHaveLength(2);
  });

  it('follows settings by which the provider takes more', async () => {
    const { world } = await writtenTo();
    const [, adapter] = world.deps.adapters;
    const objects = adapter?.objects;
    if (adapter === undefined || objects === undefined) throw new Error('There is no system');
    Object.assign(adapter, {
      objects: (settings: { readonly takes?: boolean }) =>
        objects(settings).map((object) => (settings.takes === true ? object : { ...object, writes: undefined })),
    });
    world.b.create({ name: 'Unseen' });
    const record = world.a.create({ name: 'Bor', email: 'bor@x.org' });
    await world.read(0);
    expect(world.sourcesAt(world.shardOf(record), 1)).toEqual([]);
    const params = { integrationId };
    await updateIntegration(world.deps, world.scope, { ...asked(world), params, body: { settings: { takes: true } } });
    await world.rest();
    expect(world.sourcesAt(world.shardOf(record), 1)).toHaveLength(1);
  });
});
