import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abandon,
  atTime,
  beginChallenge,
  beginIssuing,
  challengesFor,
  deactivate,
  endChallenge,
  endIssuing,
  newOrder,
  ORDER_MS,
  type Order,
  undoIssuing,
} from './order.ts';

const problem = { type: 'urn:ietf:params:acme:error:dns', detail: 'nothing', status: 400 };

/** What may come next, tried on any order whatever its state. */
type Step =
  | { kind: 'begin' | 'prove' | 'fail'; authorization: number; challenge: number }
  | { kind: 'deactivate'; authorization: number }
  | { kind: 'finalize' | 'issue' | 'undo' | 'abandon' }
  | { kind: 'wait'; ms: number };

const place = { authorization: fc.nat(3), challenge: fc.nat(3) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('begin', 'prove', 'fail', 'prove', 'begin'), ...place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deactivate'), authorization: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('finalize', 'issue', 'undo', 'abandon') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.nat(ORDER_MS / 4) }) },
) as fc.Arbitrary<Step>;

function taken(order: Order, one: Step, now: number): Order | undefined {
  const current = atTime(order, now);
  switch (one.kind) {
    case 'begin':
      return beginChallenge(current, one);
    case 'prove':
      return endChallenge(current, one, { at: now });
    case 'fail':
      return endChallenge(current, one, { at: now, error: problem });
    case 'deactivate':
      return deactivate(current, one.authorization);
    case 'finalize':
      return beginIssuing(current, 'AAAA', now);
    case 'issue':
      return endIssuing(current, '01');
    case 'undo':
      return undoIssuing(current);
    case 'abandon':
      return abandon(current, problem);
    case 'wait':
      return current;
  }
}

/** The obvious rules, told in another way: what each authorization went through. */
class Model {
  readonly proven = new Set<number>();
  readonly lost = new Set<number>();
  readonly looked = new Set<string>();
  readonly size: number;
  issued = false;
  abandoned = false;
  issuing = false;
  expired = false;

  constructor(size: number) {
    this.size = size;
  }

  get status(): Order['status'] {
    if (this.issued) return 'valid';
    if (this.abandoned || this.expired || this.lost.size > 0) return 'invalid';
    if (this.issuing) return 'processing';
    return this.proven.size === this.size ? 'ready' : 'pending';
  }

  /** Whether the step changes something. */
  take(one: Step, challenges: number): boolean {
    const { status } = this;
    if (one.kind === 'wait') return false;
    if (one.kind === 'begin' || one.kind === 'prove' || one.kind === 'fail') {
      const { authorization, challenge } = one;
      const key = `${authorization}/${challenge}`;
      const open = authorization < this.size && challenge < challenges && !this.proven.has(authorization);
      if (status !== 'pending' || !open || this.looked.has(key) === (one.kind === 'begin')) return false;
      if (one.kind === 'begin') this.looked.add(key);
      else if (one.kind === 'prove') this.proven.add(authorization);
      else this.lost.add(authorization);
      return true;
    }
    if (one.kind === 'deactivate') {
      if (one.authorization >= this.size || (status !== 'pending' && status !== 'ready')) return false;
      this.lost.add(one.authorization);
      return true;
    }
    if (one.kind === 'finalize') {
      if (status !== 'ready') return false;
      this.issuing = true;
      return true;
    }
    if (status !== 'processing') return false;
    if (one.kind === 'issue') this.issued = true;
    else if (one.kind === 'undo') this.issuing = false;
    else this.abandoned = true;
    return true;
  }
}

describe('an order', () => {
  it('behaves as the model, whatever comes in whatever order', () => {
    const TYPES = ['http-01', 'dns-01'] as const;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), (size, steps) => {
        const wanted = Array.from({ length: size }, (_, index) => ({
          identifier: { type: 'dns' as const, value: `h${index}.example.com` },
          needsProof: true,
          challenges: TYPES,
        }));
        let now = 0;
        let tokens = 0;
        let order = newOrder(wanted, now, () => String(tokens++));
        const model = new Model(size);
        for (const one of steps) {
          if (one.kind === 'wait') now += one.ms;
          // What is being signed, or is decided, does not end by the time.
          if (now >= ORDER_MS && (model.status === 'pending' || model.status === 'ready')) model.expired = true;
          const next = taken(order, one, now);
          expect(one.kind === 'wait' ? false : next !== undefined).toBe(model.take(one, TYPES.length));
          order = next ?? order;
          expect(atTime(order, now).status).toBe(model.status);
          if (order.status === 'valid') expect(model.proven.size).toBe(size);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is ready at once when nothing needs a proof', () => {
    const identifier = { type: 'dns' as const, value: 'a.example.com' };
    expect(newOrder([{ identifier, needsProof: false, challenges: [] }], 0, () => 't').status).toBe('ready');
  });
});

it.each([
  ['dns', 'a.example.com', true, ['http-01', 'tls-alpn-01', 'dns-01']],
  ['dns', 'a.example.com', false, ['dns-01']],
  ['dns', '*.example.com', true, ['dns-01']],
  ['ip', '192.0.2.1', true, ['http-01', 'tls-alpn-01']],
  ['ip', '192.0.2.1', false, []],
] as const)('%s %s is proven (connections: %s) by %j', (type, value, canConnect, ways) => {
  expect(challengesFor({ type, value }, canConnect)).toEqual(ways);
});
