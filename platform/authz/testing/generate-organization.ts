/** Random organizations with random guardrails, and the formula of spec org 3.3 written down plainly beside them. */
import type { CompiledPolicy } from '../../../policies/engine/index.ts';
import { type GeneratedLevel, generatePolicy } from '../../../policies/engine/testing/generate-pair.ts';
import type { Random } from '../../../policies/engine/testing/random.ts';
import { HOME, OTHER } from '../../../policies/engine/testing/universe.ts';
import type { OrganizationData, OrganizationPolicy } from '../organization-data.ts';
import { fullAccess, MANAGEMENT, ORG, ROOT } from './test-organization.ts';

export interface GeneratedOrganization {
  readonly data: OrganizationData;
  /** By policy id, for the reference. */
  readonly compiled: ReadonlyMap<string, CompiledPolicy>;
}

const TYPES = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const;
const KIND = { SERVICE_CONTROL_POLICY: 'scp', RESOURCE_CONTROL_POLICY: 'rcp' } as const;

/** HOME and OTHER are placed anywhere: members, alone, and now and then the management account. */
export function generateOrganization(random: Random): GeneratedOrganization {
  const units = unitsOf(random);
  const parents = [ROOT, ...units.map(({ Id }) => Id)];
  const accounts = [MANAGEMENT, HOME, OTHER].map((Id) => ({
    Id,
    ...((Id === MANAGEMENT || random.chance(0.85)) && { ParentId: random.pick(parents) }),
    State: 'ACTIVE' as const,
    KeepCrossAccountUse: false,
  }));
  const compiled = new Map<string, CompiledPolicy>();
  const policies = TYPES.flatMap((Type) => [
    fullAccess(Type),
    ...random.list(0, 4, () => {
      const policy = generatePolicy(random, KIND[Type]);
      const Id = `p-${compiled.size}`;
      compiled.set(Id, policy);
      return { Id, Arn: policy.source.arn, Name: Id, Type, Version: policy.contentHash, Document: policy.text };
    }),
  ]);
  const targets = [...parents, ...accounts.map(({ Id }) => Id)];
  const data: OrganizationData = {
    Revision: 1,
    Organization: { Id: ORG, RootId: ROOT, ManagementAccountId: random.chance(0.1) ? HOME : MANAGEMENT },
    EnabledPolicyTypes: TYPES.filter(() => random.chance(0.9)),
    Units: units,
    Accounts: accounts,
    Policies: policies,
    Attachments: targets.flatMap((TargetId) => [
      ...TYPES.filter(() => random.chance(0.95)).map((Type) => enforced(TargetId, fullAccess(Type))),
      ...policies
        .filter((policy) => compiled.has(policy.Id) && random.chance(0.15))
        .map((policy) => ({
          ...enforced(TargetId, policy),
          Mode: random.chance(0.3) ? ('observe' as const) : ('enforce' as const),
        })),
    ]),
  };
  return { data, compiled };
}

function unitsOf(random: Random): { Id: string; ParentId: string; Name: string }[] {
  const units: { Id: string; ParentId: string; Name: string }[] = [];
  for (let left = random.below(6); left > 0; left--) {
    const Id = `ou-ab12-0000000${units.length}`;
    units.push({ Id, ParentId: random.pick([ROOT, ...units.map((unit) => unit.Id)]), Name: `unit ${units.length}` });
  }
  return units;
}

export function enforced(TargetId: string, policy: Pick<OrganizationPolicy, 'Id'>) {
  return { TargetId, PolicyId: policy.Id, Mode: 'enforce' as const };
}

/** path(A) with what is attached and enforced; undefined when no ceiling applies to the account. */
export function referenceLevels(
  { data, compiled }: GeneratedOrganization,
  accountId: string,
  type: (typeof TYPES)[number],
  full: CompiledPolicy,
): GeneratedLevel[] | undefined {
  const account = data.Accounts.find(({ Id }) => Id === accountId);
  if (!data.EnabledPolicyTypes.includes(type) || account?.ParentId === undefined) return undefined;
  if (accountId === data.Organization?.ManagementAccountId) return undefined;
  const pathTo = (id: string): string[] => {
    const unit = data.Units.find((candidate) => candidate.Id === id);
    return unit ? [...pathTo(unit.ParentId), id] : [id];
  };
  return [...pathTo(account.ParentId), accountId].map((id) => ({
    id,
    policies: data.Attachments.filter((a) => a.TargetId === id && a.Mode === 'enforce')
      .filter((a) => data.Policies.find((policy) => policy.Id === a.PolicyId)?.Type === type)
      .map((a) => compiled.get(a.PolicyId) ?? full),
  }));
}
