import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readBlueprint } from '../../../../../policies/blueprints/files.ts';
import { plan, read } from '../testing/files.ts';
import { emptyOrganization, MemoryOrganization, ROOT_ID } from '../testing/memory.ts';
import { exportLandingZone } from './export.ts';

const enterprise = readBlueprint('enterprise') as string;

function exported(world: MemoryOrganization, text?: string): { text: string; notes: string[] } {
  const applied = text === undefined ? undefined : read(text);
  const { file, notes } = exportLandingZone(
    world.live,
    world.records,
    applied?.landingZone && applied.written && { landingZone: applied.landingZone, written: applied.written },
  );
  return { text: stringify(file), notes };
}

function built(text: string): MemoryOrganization {
  const world = new MemoryOrganization();
  world.apply(plan(text, world));
  return world;
}

describe('an export', () => {
  it('means the same as the file that was applied', () => {
    const world = built(enterprise);
    const { text, notes } = exported(world, enterprise);
    expect(notes).toEqual([]);
    const again = read(text);
    expect(again.findings).toEqual([]);
    expect(again.landingZone).toEqual(read(enterprise).landingZone);
    expect(plan(text, world)).toMatchObject({ steps: [], conflicts: [], warnings: [] });
    expect(text).toContain('emailDomain');
  });

  it('takes in what others have changed, so that nothing is left to do', () => {
    const world = built(enterprise);
    const sandbox = world.live.units.find(({ name }) => name === 'Sandbox')?.id as string;
    world.live = {
      ...world.live,
      units: [
        ...world.live.units.map((unit) => (unit.name === 'Data' ? { ...unit, name: 'Data and reports' } : unit)),
        { id: 'ou-new', parentId: sandbox, name: 'Labs' },
      ],
      accounts: [
        ...world.live.accounts.map((one) =>
          one.name === 'DevOps' ? { ...one, parentId: sandbox, tags: { owner: 'me' } } : one,
        ),
        {
          id: '300000000001',
          parentId: 'ou-new',
          name: 'Lab 1',
          email: 'lab@acme.example',
          state: 'ACTIVE' as const,
          tags: { env: 'lab' },
        },
      ],
      policies: [
        ...world.live.policies,
        {
          id: 'p-own',
          type: 'SERVICE_CONTROL_POLICY' as const,
          name: 'No keys',
          description: 'mine',
          shipped: false,
          content: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:*","Resource":"*"}]}',
        },
      ],
      attachments: [
        ...world.live.attachments,
        ...['ou-new', '300000000001'].flatMap((targetId) =>
          ['p-FullAWSAccess', 'p-RCPFullAWSAccess'].map((policyId) => ({
            targetId,
            policyId,
            mode: 'enforce' as const,
          })),
        ),
        { targetId: 'ou-new', policyId: 'p-own', mode: 'observe' as const },
      ],
    };
    const { text } = exported(world, enterprise);
    const adopting = plan(text, world, { allowProtected: true });
    expect(adopting.conflicts).toEqual([]);
    expect(adopting.steps.map(({ kind }) => kind)).toEqual(['record']);
    world.apply(adopting);
    expect(plan(text, world).steps).toEqual([]);
  });

  it('describes an organization that no landing zone has made', () => {
    const world = built(enterprise);
    world.records = [];
    const { text } = exported(world);
    const { landingZone, findings } = read(text);
    expect(findings).toEqual([]);
    expect(landingZone?.accounts).toHaveLength(9);
    const adopting = plan(text, world);
    expect(adopting.conflicts).toEqual([]);
    expect(adopting.steps.map(({ kind }) => kind)).toEqual(['record']);
    world.apply(adopting);
    expect(plan(text, world)).toMatchObject({ steps: [], warnings: [] });
  });

  it('gives keys that are keys, whatever the names are', () => {
    const world = new MemoryOrganization({
      ...emptyOrganization(),
      units: ['Ω', '007', 'Root', 'A  b', 'a-b', '-'].map((name, i) => ({ id: `ou-${i}`, parentId: ROOT_ID, name })),
      attachments: [],
    });
    const { text } = exported(world);
    expect(read(text).findings).toEqual([]);
  });
});
