import supertest from 'supertest';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../observe/metrics.ts';
import { createExpressApp, type Dependency } from './express-app.ts';

const good: Dependency = { name: 'store', check: async () => ({ ok: true, detail: 'sqlite' }) };
const bad: Dependency = { name: 'hsm', check: async () => ({ ok: false, detail: 'token is away' }) };
const broken: Dependency = { name: 'iam', check: () => Promise.reject(new Error('with inner text')) };

function app(dependencies: Dependency[], jwks: () => Promise<object> = async () => ({ keys: [] })) {
  return supertest(
    createExpressApp({ metrics: createMetrics(), dependencies, openApi: () => ({ openapi: '3.1.1' }), jwks }),
  );
}

describe('health', () => {
  it('is alive whatever its dependencies say', async () => {
    await app([bad]).get('/healthz').expect(200, { status: 'alive' });
  });

  it('is ready when every dependency is', async () => {
    await app([good]).get('/readyz').expect(200);
  });

  it('is not ready when one is not, and names each without inner texts', async () => {
    const answer = await app([good, bad, broken]).get('/readyz').expect(503);
    expect(answer.body.dependencies).toEqual({
      store: { ok: true, detail: 'sqlite' },
      hsm: { ok: false, detail: 'token is away' },
      iam: { ok: false, detail: 'check failed' },
    });
  });
});

describe('everything else', () => {
  it('answers unknown paths with problem details', async () => {
    const answer = await app([]).get('/nothing').expect(404);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'NotFound', status: 404 });
  });

  it('keeps the text of a fault to itself', async () => {
    const answer = await app([], () => Promise.reject(new Error('with inner text')))
      .get('/.well-known/jwks.json')
      .expect(500);
    expect(answer.text).not.toContain('inner');
    expect(answer.body.code).toBe('Internal');
  });
});
