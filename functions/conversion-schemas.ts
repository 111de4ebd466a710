import * as contract from '../shared/contracts/conversion-schemas.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { createConversionSchema } from '../shared/use-cases/create-conversion-schema.ts';
import { createConversionSchemaVersion } from '../shared/use-cases/create-conversion-schema-version.ts';
import { deleteConversionSchema } from '../shared/use-cases/delete-conversion-schema.ts';
import { dryRunConversionSchema } from '../shared/use-cases/dry-run-conversion-schema.ts';
import { getConversionSchema } from '../shared/use-cases/get-conversion-schema.ts';
import { getConversionSchemaVersion } from '../shared/use-cases/get-conversion-schema-version.ts';
import { listConversionSchemaVersions } from '../shared/use-cases/list-conversion-schema-versions.ts';
import { listConversionSchemas } from '../shared/use-cases/list-conversion-schemas.ts';
import { publishConversionSchema } from '../shared/use-cases/publish-conversion-schema.ts';
import { rollBackConversionSchema } from '../shared/use-cases/roll-back-conversion-schema.ts';
import { suggestMapping } from '../shared/use-cases/suggest-mapping.ts';
import { testConversionSchema } from '../shared/use-cases/test-conversion-schema.ts';
import { updateConversionSchema } from '../shared/use-cases/update-conversion-schema.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.listConversionSchemas, listConversionSchemas),
  endpoint(contract.createConversionSchema, createConversionSchema),
  endpoint(contract.getConversionSchema, getConversionSchema),
  endpoint(contract.updateConversionSchema, updateConversionSchema),
  endpoint(contract.deleteConversionSchema, deleteConversionSchema),
  endpoint(contract.listConversionSchemaVersions, listConversionSchemaVersions),
  endpoint(contract.createConversionSchemaVersion, createConversionSchemaVersion),
  endpoint(contract.getConversionSchemaVersion, getConversionSchemaVersion),
  endpoint(contract.publishConversionSchema, publishConversionSchema),
  endpoint(contract.rollBackConversionSchema, rollBackConversionSchema),
  endpoint(contract.testConversionSchema, testConversionSchema),
  endpoint(contract.dryRunConversionSchema, dryRunConversionSchema),
  endpoint(contract.suggestMapping, suggestMapping),
);
