import { serveUnrouted } from './serve-entry.ts';

serveUnrouted();
