import * as contract from '../shared/contracts/connections.ts';
import { endpoint } from '../shared/core/endpoint.ts';
import { connectWithKey } from '../shared/use-cases/connect-with-key.ts';
import { disconnect } from '../shared/use-cases/disconnect.ts';
import { getConnection } from '../shared/use-cases/get-connection.ts';
import { testConnection } from '../shared/use-cases/test-connection.ts';
import { serve } from './serve.ts';

serve(
  endpoint(contract.connectWithKey, connectWithKey),
  endpoint(contract.disconnect, disconnect),
  endpoint(contract.getConnection, getConnection),
  endpoint(contract.testConnection, testConnection),
);
