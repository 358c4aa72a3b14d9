/**
 * Random lives of a secret, through the whole service, against the reference model: what every request answers, and
 * after each one the stages, the values of all versions, and that nothing but the expected was written.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ReferenceModel } from '../domain/testing/reference-model.ts';
import { type VaultClient, VaultHarness } from '../testing/harness.ts';

let vault: VaultHarness;
let admin: VaultClient;
beforeAll(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
});
afterAll(() => vault.close());

const STAGES = ['AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING', 'blue'];
const id = fc.integer({ min: 0, max: 4 });
const value = fc.constantFrom('one', 'two');
const stages = fc.option(fc.uniqueArray(fc.constantFrom(...STAGES), { minLength: 1, maxLength: 3 }), {
  nil: undefined,
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), id, value, stages }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('update' as const), id, value: fc.option(value, { nil: undefined }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      stage: fc.constantFrom(...STAGES),
      to: fc.option(id, { nil: undefined }),
      from: fc.option(id, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'restore' as const) }) },
);

type Outcome = 'done' | 'InvalidRequest' | 'AlreadyExists' | 'refused';

const outcomeOf = async (request: Promise<unknown>): Promise<string> => {
  try {
    await request;
    return 'done';
  } catch (error) {
    const { code } = error as { code: string };
    return code === 'InvalidParameter' || code === 'NotFound' ? 'refused' : code;
  }
};

const RUNS = Number(process.env.PARAPET_PROPERTY_RUNS ?? 25);
let lives = 0;

it('agrees with the reference model', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const Name = `life-${++lives}`;
      const tokenOf = (n: number) => `${Name}-`.padEnd(35, 'v') + n;
      const token = (n: number | undefined) => (n === undefined ? undefined : tokenOf(n));
      const model = new ReferenceModel();
      const values = new Map<string, string>();
      let deleted = false;
      await admin.CreateSecret({ Name });
      const place = (n: number, text: string, wanted: readonly string[] | undefined): Outcome => {
        if (deleted) return 'InvalidRequest';
        const known = values.get(tokenOf(n));
        if (known !== undefined) return known === text ? 'done' : 'AlreadyExists';
        if (!model.put(tokenOf(n), wanted)) return 'refused';
        values.set(tokenOf(n), text);
        return 'done';
      };
      for (const taken of steps) {
        const SecretId = Name;
        if (taken.kind === 'put') {
          const expected = place(taken.id, taken.value, taken.stages);
          const input = { SecretId, ClientRequestToken: tokenOf(taken.id), SecretString: taken.value };
          const asked = taken.stages ? { ...input, VersionStages: taken.stages } : input;
          expect(await outcomeOf(admin.PutSecretValue(asked))).toBe(expected);
        } else if (taken.kind === 'update') {
          const expected = deleted
            ? 'InvalidRequest'
            : taken.value === undefined
              ? 'done'
              : place(taken.id, taken.value, undefined);
          const input = { SecretId, ClientRequestToken: tokenOf(taken.id), Description: 'd' };
          const asked = taken.value === undefined ? input : { ...input, SecretString: taken.value };
          expect(await outcomeOf(admin.UpdateSecret(asked))).toBe(expected);
        } else if (taken.kind === 'move') {
          const [to, from] = [token(taken.to), token(taken.from)];
          const expected = deleted ? 'InvalidRequest' : model.move(taken.stage, to, from) ? 'done' : 'refused';
          const input = { SecretId, VersionStage: taken.stage, MoveToVersionId: to, RemoveFromVersionId: from };
          expect(await outcomeOf(admin.UpdateSecretVersionStage(input))).toBe(expected);
        } else if (taken.kind === 'delete') {
          expect(await outcomeOf(admin.DeleteSecret({ SecretId }))).toBe(deleted ? 'InvalidRequest' : 'done');
          deleted = true;
        } else {
          expect(await outcomeOf(admin.RestoreSecret({ SecretId }))).toBe('done');
          deleted = false;
        }
        const described = await admin.DescribeSecret({ SecretId });
        expect(described.VersionIdsToStages ?? {}).toEqual(model.shown());
        expect(described.DeletedDate !== undefined).toBe(deleted);
      }
      if (deleted) await admin.RestoreSecret({ SecretId: Name });
      const { Versions } = await admin.ListSecretVersions({ SecretId: Name });
      expect(Versions.map(({ VersionId }) => VersionId).sort()).toEqual([...values.keys()].sort());
      for (const [VersionId, SecretString] of values)
        expect(await admin.GetSecretValue({ SecretId: Name, VersionId })).toMatchObject({ SecretString });
    }),
    { numRuns: RUNS },
  );
});
