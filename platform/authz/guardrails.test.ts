/** The guardrails of random organizations against the plain formula (spec org 3.3), and the laws they must obey. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuthorizationRequest, compilePolicy } from '../../policies/engine/index.ts';
import {
  type GeneratedLayers,
  generateLayers,
  generateRequest,
  generateStatement,
  indexLayers,
} from '../../policies/engine/testing/generate-pair.ts';
import { Random } from '../../policies/engine/testing/random.ts';
import { type ReferencePolicy, referenceEvaluate } from '../../policies/reference/evaluate.ts';
import { isAllowed, judge } from './authorize.ts';
import { GuardrailSets } from './guardrail-sets.ts';
import { observe, ownerOf } from './guardrails.ts';
import type { OrganizationData } from './organization-data.ts';
import { OrganizationSnapshot } from './organization-snapshot.ts';
import {
  enforced,
  type GeneratedOrganization,
  generateOrganization,
  referenceLevels,
} from './testing/generate-organization.ts';
import { fullAccess, guardrailArn, ROOT } from './testing/test-organization.ts';

const RUNS = Number(process.env.PARAPET_LAW_RUNS ?? 300);
const REQUESTS = 8;
const SCP = 'SERVICE_CONTROL_POLICY';
const RCP = 'RESOURCE_CONTROL_POLICY';

const FULL = {
  [SCP]: compilePolicy(fullAccess(SCP).Document, { arn: fullAccess(SCP).Arn, kind: 'scp' }),
  [RCP]: compilePolicy(fullAccess(RCP).Document, { arn: fullAccess(RCP).Arn, kind: 'rcp', builtIn: true }),
};

const EVERYTHING = { Effect: 'Allow', Action: '*', Resource: '*' };
const OPEN = {
  identity: compilePolicy({ Version: '2012-10-17', Statement: EVERYTHING }, { arn: 'arn:open', kind: 'identity' }),
  resource: compilePolicy(
    { Version: '2012-10-17', Statement: { ...EVERYTHING, Principal: '*' } },
    { arn: 'arn:open', kind: 'resource' },
  ),
};

interface Case {
  random: Random;
  world: GeneratedOrganization;
  layers: GeneratedLayers;
  request: AuthorizationRequest;
}

function law(holds: (given: Case) => void, runs = RUNS): void {
  fc.assert(
    fc.property(fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 })), (seed) => {
      const random = new Random(seed);
      const world = generateOrganization(random);
      const { scp, rcp, ...layers } = generateLayers(random);
      const guardrails = { id: 'all', policies: [...world.compiled.values()] };
      for (let left = REQUESTS; left > 0; left--) {
        const request = generateRequest(random, { ...layers, scp: [guardrails] });
        holds({ random, world, layers, request: { ...request, resourceAccount: ownerOf(request) } });
      }
    }),
    { numRuns: runs },
  );
}

const sets = new GuardrailSets((policy, error) => {
  throw new Error(`${policy}: ${error}`);
});
const snapshotOf = (data: OrganizationData) => new OrganizationSnapshot(data, sets);

const decided = ({ request, layers }: Case, data: OrganizationData) =>
  judge(request, indexLayers(layers), snapshotOf(data));
const allowed = (given: Case, data: OrganizationData) => isAllowed(decided(given, data));

/** The organization with one more guardrail, attached somewhere. */
function withGuardrail(data: OrganizationData, type: 'scp' | 'rcp', TargetId: string, Statement: unknown) {
  const Name = 'added';
  const Document = JSON.stringify({ Version: '2012-10-17', Statement });
  const policy = {
    Id: Name,
    Arn: guardrailArn(type, Name),
    Name,
    Type: type === 'scp' ? SCP : RCP,
    Version: Document,
    Document,
  } as const;
  return {
    ...data,
    Policies: [...data.Policies, policy],
    Attachments: [...data.Attachments, enforced(TargetId, policy)],
  };
}

const targetsOf = (data: OrganizationData) => [ROOT, ...data.Units.map((u) => u.Id), ...data.Accounts.map((a) => a.Id)];
const isBound = (data: OrganizationData, accountId: string) =>
  accountId !== data.Organization?.ManagementAccountId &&
  data.Accounts.some((account) => account.Id === accountId && account.ParentId !== undefined);
const isOutside = ({ principal }: AuthorizationRequest) =>
  ['service', 'anonymous', 'federated-identity'].includes(principal.kind);

describe('guardrails', () => {
  it('decide as the formula says: effect, reason, layer and level', () => {
    const seen = new Set<string>();
    law((given) => {
      const { world, layers, request } = given;
      const reference = (policies: GeneratedLayers['identity']) =>
        policies?.map((policy): ReferencePolicy => ({ document: policy.document, kind: policy.source.kind }));
      const levels = (accountId: string, type: typeof SCP | typeof RCP) =>
        referenceLevels(world, accountId, type, FULL[type])?.map(({ id, policies }) => ({
          id,
          policies: reference(policies) ?? [],
        }));
      const scp = levels(request.principal.accountId, SCP);
      const rcp = levels(ownerOf(request), RCP);
      const others = Object.fromEntries(
        Object.entries(layers).map(([name, value]) => [name, name === 'resourceTrust' ? value : reference(value)]),
      );
      const expected = referenceEvaluate(request, { ...others, ...(scp && { scp }), ...(rcp && { rcp }) });
      const { effect, reason, layer, level } = decided(given, world.data).decision;
      expect({ effect, reason, layer, levelId: level?.id }).toEqual({
        effect: expected.effect,
        reason: expected.reason,
        layer: expected.layer,
        levelId: expected.levelId,
      });
      seen.add(`${reason} ${layer}`);
    }, RUNS * 2);
    for (const outcome of ['explicit-deny scp', 'explicit-deny rcp', 'implicit-deny scp', 'implicit-deny rcp'])
      expect(seen).toContain(outcome);
    expect(seen).toContain('allow identity');
  });

  it('never give: without the organization everything that is allowed with it is allowed too', () => {
    law((given) => {
      const { Organization, ...alone } = given.world.data;
      if (allowed(given, given.world.data)) expect(allowed(given, alone)).toBe(true);
    });
  });

  it('never give more when a Deny is added at any level', () => {
    law((given) => {
      const { random, world } = given;
      const type = random.pick(['scp', 'rcp'] as const);
      const more = withGuardrail(
        world.data,
        type,
        random.pick(targetsOf(world.data)),
        generateStatement(random, type, 'Deny'),
      );
      if (!allowed(given, world.data)) expect(allowed(given, more)).toBe(false);
    });
  });

  it('never give more when a level is added: a unit put between an account and its parent', () => {
    law((given) => {
      const { random, world } = given;
      const moved = random.pick(world.data.Accounts);
      if (moved.ParentId === undefined) return;
      const Id = 'ou-ab12-99999999';
      const policies = world.data.Policies.filter(() => random.chance(0.5));
      const deeper: OrganizationData = {
        ...world.data,
        Units: [...world.data.Units, { Id, ParentId: moved.ParentId, Name: 'added' }],
        Accounts: world.data.Accounts.map((account) => (account === moved ? { ...account, ParentId: Id } : account)),
        Attachments: [...world.data.Attachments, ...policies.map((policy) => enforced(Id, policy))],
      };
      if (!allowed(given, world.data)) expect(allowed(given, deeper)).toBe(false);
    });
  });

  it('of the caller never touch the management account, nor an account outside', () => {
    law((given) => {
      const { world, request } = given;
      if (isBound(world.data, request.principal.accountId)) return;
      const denyAll = withGuardrail(world.data, 'scp', ROOT, { Effect: 'Deny', Action: '*', Resource: '*' });
      expect(decided(given, denyAll).decision).toEqual(decided(given, world.data).decision);
      expect(decided(given, world.data).decision.layer).not.toBe('scp');
    });
  });

  it('bind every principal of a member, its root user included, and no service-linked role', () => {
    let roots = 0;
    law((given) => {
      const { world, request } = given;
      const { principal } = request;
      if (!isBound(world.data, principal.accountId) || !world.data.EnabledPolicyTypes.includes(SCP)) return;
      const denyAll = withGuardrail(world.data, 'scp', ROOT, { Effect: 'Deny', Action: '*', Resource: '*' });
      const asRoot: Case = {
        ...given,
        request: {
          ...request,
          principal: { kind: 'root', arn: `arn:aws:iam::${principal.accountId}:root`, accountId: principal.accountId },
        },
      };
      expect(allowed(asRoot, denyAll)).toBe(false);
      if (allowed(asRoot, world.data)) roots++;
      if (principal.isServiceLinkedRole)
        expect(decided(given, denyAll).decision).toEqual(decided(given, world.data).decision);
      else expect(allowed(given, denyAll)).toBe(false);
    });
    expect(roots).toBeGreaterThan(RUNS / 10);
  });

  it('of the resource bind everybody who asks for it, outsiders, services and anonymous callers included', () => {
    let outsiders = 0;
    law(({ layers, ...rest }) => {
      const { world, request } = rest;
      if (request.principal.isServiceLinkedRole || !world.data.EnabledPolicyTypes.includes(RCP)) return;
      // The owner lets everybody in, and those who come may go anywhere.
      const given: Case = { ...rest, layers: { resource: [OPEN.resource], identity: [OPEN.identity] } };
      const Action = ['kms:*', 's3:*', 'iam:*', 'secretsmanager:*', 'sts:*'];
      const shut = { Effect: 'Deny', Principal: '*', Action, Resource: '*' };
      const closed = withGuardrail(world.data, 'rcp', ROOT, shut);
      if (!isBound(world.data, ownerOf(request))) {
        expect(decided(given, closed).decision).toEqual(decided(given, world.data).decision);
        return;
      }
      const outsider = isOutside(request) || !isBound(world.data, request.principal.accountId);
      if (outsider && allowed(given, world.data)) outsiders++;
      if (Action.some((pattern) => request.action.toLowerCase().startsWith(pattern.slice(0, -1))))
        expect(allowed(given, closed)).toBe(false);
    });
    expect(outsiders).toBeGreaterThan(RUNS / 10);
  });

  it('deny everything below a level to which nothing is attached', () => {
    law((given) => {
      const { random, world, request } = given;
      const { principal } = request;
      if (!isBound(world.data, principal.accountId) || isOutside(request) || principal.isServiceLinkedRole) return;
      if (!world.data.EnabledPolicyTypes.includes(SCP)) return;
      const bare = random.pick([ROOT, principal.accountId]);
      const data = { ...world.data, Attachments: world.data.Attachments.filter((a) => a.TargetId !== bare) };
      expect(allowed(given, data)).toBe(false);
    });
  });

  it('that are observed refuse nothing, and tell exactly whether enforcing them would', () => {
    let told = 0;
    law((given) => {
      const { world, request } = given;
      const without = { ...world.data, Attachments: world.data.Attachments.filter((a) => a.Mode === 'enforce') };
      expect(decided(given, world.data).decision).toEqual(decided(given, without).decision);
      if (!allowed(given, world.data)) return;
      const observed = observe(request, snapshotOf(world.data));
      const promoted = {
        ...world.data,
        Attachments: world.data.Attachments.map((attachment) => ({ ...attachment, Mode: 'enforce' as const })),
      };
      expect(allowed(given, promoted)).toBe(observed.length === 0);
      for (const { policyId, level } of observed) {
        told++;
        const one = {
          ...world.data,
          Attachments: world.data.Attachments.map((a) =>
            a.PolicyId === policyId && a.TargetId === level.id ? { ...a, Mode: 'enforce' as const } : a,
          ),
        };
        expect(decided(given, one).decision).toMatchObject({ effect: 'deny', level: { id: level.id } });
      }
    });
    expect(told).toBeGreaterThan(0);
  });
});
