/**
 * The key of a local account that was started without one. It is public on purpose: it opens nothing but a server on
 * this machine's loopback address.
 */
export const LOCAL_KEY = Buffer.from(
  'castiel-integrations: the well-known key of a local account. Not secret.',
).toString('base64');
