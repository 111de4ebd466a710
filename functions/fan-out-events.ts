import { fanOutEvents } from '../shared/use-cases/outgoing/fan-out-events.ts';
import { onChanges } from './on-changes.ts';

/** Passes events on to subscriptions. */
onChanges('fan-out-events', 'events', fanOutEvents);
