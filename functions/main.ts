/** Every function of the app. The answer to all other paths stands last. */
import './catalog.ts';
import './integrations.ts';
import './connections.ts';
import './tasks.ts';
import './executions.ts';
import './shards.ts';
import './match-rules.ts';
import './merges.ts';
import './api-keys.ts';
import './health.ts';
import './openapi.ts';
import './docs.ts';
import './schedule-due-tasks.ts';
import './sync-pages.ts';
import './unrouted.ts';
