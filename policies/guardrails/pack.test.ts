import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../engine/index.ts';
import { generateRequest, generateStatement } from '../engine/testing/generate-pair.ts';
import { Random } from '../engine/testing/random.ts';
import { readShippedGuardrails } from './files.ts';
import { compileSet, DEFAULT_MAX_BYTES, guardrailsOf, type PackedSet, packStatements } from './pack.ts';
import type { RenderedStatement } from './render.ts';
import { decideUnder, type TypedDocument } from './testing/decide.ts';

const shipped = [...readShippedGuardrails().values()];

const packed = (result: ReturnType<typeof compileSet>): PackedSet => {
  if (!result.ok) throw new Error(result.faults.join('; '));
  return result.set;
};

/** Denies with few actions, resources and conditions, so that many of them merge. */
function randomStatements(random: Random): RenderedStatement[] {
  const conditions = random.list(1, 3, () => generateStatement(random, 'scp', 'Deny').Condition);
  return random.list(1, 14, () => {
    const type = random.chance(0.3) ? 'RESOURCE_CONTROL_POLICY' : 'SERVICE_CONTROL_POLICY';
    const { Condition: _, ...statement } = generateStatement(
      random,
      type === 'RESOURCE_CONTROL_POLICY' ? 'rcp' : 'scp',
      'Deny',
    );
    const condition = random.pick(conditions);
    const resource = random.chance(0.6) ? { Resource: '*', NotResource: undefined } : {};
    const made = { ...statement, ...resource, ...(condition !== undefined && { Condition: condition }) };
    return {
      guardrailId: `G-P-${10 + random.below(20)}`,
      type,
      statement: JSON.parse(JSON.stringify(made)) as Record<string, unknown>,
    };
  });
}

const alone = ({ type, statement }: RenderedStatement): TypedDocument => ({
  type,
  text: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
});

describe('a packed set', () => {
  it('decides as its guardrails one by one, and names one that denies', () => {
    let denied = 0;
    let merged = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 700, max: 12_000 }), (seed, maxBytes) => {
        const random = new Random(seed);
        const statements = randomStatements(random);
        const separate = statements.map(alone);
        const result = packStatements(statements, maxBytes);
        if (!result.ok) {
          // Only a statement that is too long by itself may stand in the way.
          expect(result.faults.every((fault) => fault.includes('does not fit'))).toBe(true);
          return;
        }
        const { documents } = result.set;
        merged += statements.length - result.set.sources.size;
        for (const { text } of documents) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
        const policies = separate.map(({ type, text }) =>
          compilePolicy(text, { arn: 'arn:a', kind: type === 'SERVICE_CONTROL_POLICY' ? 'scp' : 'rcp' }),
        );
        for (let left = 12; left > 0; left--) {
          const request = generateRequest(random, { scp: [{ id: 'r-ab12', policies }] });
          const one = decideUnder(separate, request);
          const other = decideUnder(documents, request);
          expect(other.engine.reason).toBe(one.engine.reason);
          expect(other.reference.reason).toBe(one.engine.reason);
          if (one.engine.reason !== 'explicit-deny') continue;
          denied++;
          const named = guardrailsOf(result.set, other.engine.matched[0]?.sid);
          const denying = statements.filter((item) => decideUnder([alone(item)], request).engine.effect === 'deny');
          expect(named.some((id) => denying.some(({ guardrailId }) => guardrailId === id))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(denied).toBeGreaterThan(300);
    expect(merged).toBeGreaterThan(100);
  }, 120_000);

  it('holds the whole library in few documents of the default size', () => {
    const set = packed(
      compileSet({ guardrails: shipped, parameters: { 'G-P-35': { paths: ['o-a1b2c3d4e5/r-ab12/*'] } } }),
    );
    const types = set.documents.map(({ type }) => type);
    expect(types).toEqual(['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY']);
    for (const { text } of set.documents) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(DEFAULT_MAX_BYTES);
    const named = new Set([...set.sources.values()].flat());
    expect(named).toEqual(new Set(shipped.map(({ id }) => id)));
  });

  it('joins statements that differ in their actions only, and says who is behind each', () => {
    const find = (id: string) => shipped.find((guardrail) => guardrail.id === id)!;
    const set = packed(compileSet({ guardrails: [find('G-P-01'), find('G-P-10'), find('G-P-28')] }));
    expect(set.documents).toHaveLength(1);
    expect([...set.sources]).toEqual([['GP01GP10GP28', ['G-P-01', 'G-P-10', 'G-P-28']]]);
  });

  it('is the same text whatever the order of its guardrails', () => {
    const forward = packed(compileSet({ guardrails: shipped })).documents;
    const backward = packed(compileSet({ guardrails: shipped.toReversed() })).documents;
    expect(backward).toEqual(forward);
  });

  it('is refused when one statement is longer than a document, or a guardrail appears twice', () => {
    expect(compileSet({ guardrails: shipped }, 300)).toMatchObject({ ok: false });
    expect(compileSet({ guardrails: [shipped[0]!, shipped[0]!] })).toEqual({
      ok: false,
      faults: ['a guardrail appears twice'],
    });
  });
});
