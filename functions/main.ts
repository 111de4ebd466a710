/** Every function of the app. The answer to all other paths stands last. */
import './catalog.ts';
import './integrations.ts';
import './connections.ts';
import './tasks.ts';
import './executions.ts';
import './shards.ts';
import './events.ts';
import './api-keys.ts';
import './health.ts';
import './openapi.ts';
import './docs.ts';
import './schedule-due-tasks.ts';
import './monitor-health.ts';
import './sync-pages.ts';
import './bulk-sync.ts';
import './bulk-sync-orchestration.ts';
import './unrouted.ts';
