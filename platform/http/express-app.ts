/** Everything that is not an operation: health, metrics, the API description, public keys. Off the hot path. */
import express, { type Express } from 'express';
import { ServiceError } from '../contract/error.ts';
import type { Metrics } from '../observe/metrics.ts';
import { problem } from './problem.ts';

export interface Dependency {
  name: string;
  check(): Promise<{ ok: boolean; detail: string }>;
}

export interface ExpressAppOptions {
  metrics: Metrics;
  dependencies: readonly Dependency[];
  openApi: () => object;
  jwks: () => Promise<object>;
}

const CHECK_MS = 2_000;

export function createExpressApp(options: ExpressAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });

  app.get('/readyz', async (_request, response) => {
    const checks = await Promise.all(options.dependencies.map(check));
    const ready = checks.every((c) => c.ok);
    response.status(ready ? 200 : 503).json({
      status: ready ? 'ready' : 'not ready',
      dependencies: Object.fromEntries(checks.map(({ name, ok, detail }) => [name, { ok, detail }])),
    });
  });

  app.get('/metrics', async (_request, response) => {
    response.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics());
  });

  app.get('/openapi.json', (_request, response) => {
    response.json(options.openApi());
  });

  app.get('/.well-known/jwks.json', async (_request, response) => {
    response.json(await options.jwks());
  });

  app.use((request, response) => {
    const error = new ServiceError('NotFound', `there is nothing at ${request.method} ${request.path.slice(0, 200)}`, {
      hint: 'GET /openapi.json lists every operation',
    });
    const answer = problem(error, String(response.getHeader('x-request-id') ?? ''));
    response.status(answer.status).set(answer.headers).send(answer.body);
  });

  // Express recognises an error handler by its four parameters.
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    const shown =
      error instanceof ServiceError
        ? error
        : new ServiceError('Internal', 'the request failed for a reason on our side');
    const answer = problem(shown, String(response.getHeader('x-request-id') ?? ''));
    response.status(answer.status).set(answer.headers).send(answer.body);
  });
  return app;
}

async function check(dependency: Dependency): Promise<{ name: string; ok: boolean; detail: string }> {
  const { name } = dependency;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ ok: boolean; detail: string }>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: 'no answer in time' }), CHECK_MS);
  });
  try {
    return { name, ...(await Promise.race([dependency.check(), late])) };
  } catch {
    return { name, ok: false, detail: 'check failed' };
  } finally {
    clearTimeout(timer);
  }
}
