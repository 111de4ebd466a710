import { serveUnrouted } from './serve.ts';

serveUnrouted();
