/** Routes of the API listener that are no operations: they are not authorized and leave no record. */
import type { JsonObject } from './schema.ts';

export const FIXED_PATHS: JsonObject = {
  '/healthz': fixed('healthz', 'The process is alive.', 'application/json'),
  '/readyz': {
    get: {
      operationId: 'system_readyz',
      tags: ['system'],
      summary: 'Every dependency of the server and whether it can be used.',
      security: [],
      responses: {
        '200': { description: 'ready', content: { 'application/json': { schema: { type: 'object' } } } },
        '503': { description: 'not ready', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
  },
  '/metrics': fixed('metrics', 'Metrics in the text format of Prometheus.', 'text/plain'),
  '/openapi.json': fixed('openapi', 'This document.', 'application/json'),
  '/.well-known/jwks.json': fixed('jwks', 'Public keys of session tokens (RFC 7517).', 'application/json'),
};

function fixed(name: string, summary: string, type: string): JsonObject {
  const schema = type === 'application/json' ? { type: 'object' } : { type: 'string' };
  return {
    get: {
      operationId: `system_${name}`,
      tags: ['system'],
      summary,
      security: [],
      responses: { '200': { description: summary, content: { [type]: { schema } } } },
    },
  };
}
