/** The state machine against the reference model, and what AWS was seen to do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CURRENT,
  moveStage,
  PENDING,
  PREVIOUS,
  placeVersion,
  readStages,
  type StageMap,
  stagesByVersion,
  stagesColumn,
  stagesOf,
} from './stages.ts';
import { ReferenceModel } from './testing/reference-model.ts';

const ids = ['v1', 'v2', 'v3', 'v4', 'v5'];
const stage = fc.constantFrom(CURRENT, PREVIOUS, PENDING, 'blue', 'green');
const id = fc.constantFrom(...ids);
const step = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    id,
    stages: fc.option(fc.uniqueArray(stage, { minLength: 1, maxLength: 5 }), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('move' as const),
    stage,
    to: fc.option(id, { nil: undefined }),
    from: fc.option(id, { nil: undefined }),
  }),
);

const DEEP = Number(process.env.PARAPET_PROPERTY_RUNS ?? 3_000);

it('agrees with the reference model after every step of any sequence', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const model = new ReferenceModel();
      let stages: StageMap = new Map();
      const versions = new Map<string, { hasValue: boolean }>();
      for (const taken of steps) {
        if (taken.kind === 'put') {
          if (versions.has(taken.id)) continue;
          const result = placeVersion(stages, taken.id, taken.stages);
          expect(result.ok).toBe(model.put(taken.id, taken.stages));
          if (!result.ok) continue;
          versions.set(taken.id, { hasValue: true });
          stages = result.stages;
        } else {
          const result = moveStage(stages, versions, { stage: taken.stage, moveTo: taken.to, removeFrom: taken.from });
          expect(result.ok).toBe(model.move(taken.stage, taken.to, taken.from));
          if (result.ok) stages = result.stages;
        }
        expect(stagesByVersion(stages)).toEqual(model.shown());
        if (versions.size > 0) expect(stages.has(CURRENT)).toBe(true);
        if (stages.has(PREVIOUS)) expect(stages.get(PREVIOUS)).not.toBe(stages.get(CURRENT));
        expect(readStages(stagesColumn(stages))).toEqual(new Map([...stages].sort()));
      }
    }),
    { numRuns: DEEP },
  );
});

describe('what AWS was seen to do', () => {
  const of = (entries: Record<string, string>): StageMap => new Map(Object.entries(entries));
  const two = new Map(['a', 'b', 'c'].map((name) => [name, { hasValue: true }]));

  it.each([
    ['the first value is current, whatever was asked', {}, 'a', ['blue'], { a: [CURRENT, 'blue'] }],
    ['a put without stages is current', { [CURRENT]: 'a' }, 'b', undefined, { a: [PREVIOUS], b: [CURRENT] }],
    [
      'a put with a stage of its own moves nothing else',
      { [CURRENT]: 'a' },
      'b',
      [PENDING],
      { a: [CURRENT], b: [PENDING] },
    ],
    [
      'own stages stay where they are',
      { [CURRENT]: 'a', blue: 'a' },
      'b',
      undefined,
      { a: [PREVIOUS, 'blue'], b: [CURRENT] },
    ],
    [
      'the version that was current is no longer pending',
      { [CURRENT]: 'a', [PENDING]: 'a' },
      'b',
      undefined,
      { a: [PREVIOUS], b: [CURRENT] },
    ],
  ])('%s', (_, before, version, wanted, after) => {
    const result = placeVersion(of(before as Record<string, string>), version, wanted);
    expect(result.ok && stagesByVersion(result.stages)).toEqual(after);
  });

  it('leaves a pending version that becomes current by hand pending as well', () => {
    const moved = moveStage(of({ [CURRENT]: 'a', [PENDING]: 'b' }), two, {
      stage: CURRENT,
      moveTo: 'b',
      removeFrom: 'a',
    });
    expect(moved.ok && stagesByVersion(moved.stages)).toEqual({ a: [PREVIOUS], b: [CURRENT, PENDING] });
  });

  it('takes AWSPREVIOUS from the version that becomes current again', () => {
    const moved = moveStage(of({ [CURRENT]: 'b', [PREVIOUS]: 'a' }), two, {
      stage: CURRENT,
      moveTo: 'a',
      removeFrom: 'b',
    });
    expect(moved.ok && stagesByVersion(moved.stages)).toEqual({ a: [CURRENT], b: [PREVIOUS] });
  });

  it.each([
    ['takes a stage only from its named holder', { stage: 'blue', moveTo: 'b' }, 'InvalidParameter'],
    ['refuses a holder that is not', { stage: 'blue', moveTo: 'b', removeFrom: 'c' }, 'InvalidParameter'],
    ['refuses to remove AWSCURRENT', { stage: CURRENT, removeFrom: 'a' }, 'InvalidParameter'],
    ['refuses a move that names no version', { stage: 'blue' }, 'InvalidParameter'],
    ['knows no version that is not there', { stage: 'green', moveTo: 'z' }, 'NotFound'],
    ['does not make the current version the previous one', { stage: PREVIOUS, moveTo: 'a' }, 'InvalidParameter'],
  ])('%s', (_, move, code) => {
    expect(moveStage(of({ [CURRENT]: 'a', blue: 'a' }), two, move)).toMatchObject({ ok: false, code });
  });

  it('has twenty stages at most', () => {
    const full = new Map([
      [CURRENT, 'a'],
      ...Array.from({ length: 19 }, (_, i) => [`s${i}`, 'a'] as [string, string]),
    ] as [string, string][]);
    expect(moveStage(full, two, { stage: 'more', moveTo: 'a' })).toMatchObject({ ok: false, code: 'LimitExceeded' });
    expect(placeVersion(full, 'b', undefined)).toMatchObject({ ok: false, code: 'LimitExceeded' });
    expect(stagesOf(full, 'a')).toHaveLength(20);
  });

  it('does not make a version without a value current', () => {
    const versions = new Map([
      ['a', { hasValue: true }],
      ['b', { hasValue: false }],
    ]);
    const move = { stage: CURRENT, moveTo: 'b', removeFrom: 'a' };
    expect(moveStage(of({ [CURRENT]: 'a' }), versions, move)).toMatchObject({ ok: false, code: 'InvalidParameter' });
  });
});
