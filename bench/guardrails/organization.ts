/** A large organization: 10,000 accounts in 1,200 units, five policies at every node. Deterministic. */
import type { OrganizationData } from '../../platform/authz/organization-data.ts';
import type { Random } from '../../policies/engine/testing/random.ts';

export const ACCOUNTS = 10_000;
export const UNITS = 1_200;
export const POLICIES_PER_NODE = 5;
export const STATEMENTS = 8;
export const SERVICES = ['kms', 'iam', 'sts', 'secretsmanager', 'acm-pca', 'organizations', 'ec2', 's3'];
export const ROOT = 'r-ab12';
export const FULL = 'p-FullAWSAccess';
const DISTINCT_POLICIES = 400;
const DEPTH = 5;
const MANAGEMENT = '999988887777';

export function organization(random: Random, unitCount = UNITS): OrganizationData {
  const units: { Id: string; ParentId: string; Name: string; depth: number }[] = [];
  while (units.length < unitCount) {
    const parents = units.filter((unit) => unit.depth < DEPTH);
    const parent = parents.length > 0 && random.chance(0.95) ? random.pick(parents) : undefined;
    units.push({
      Id: `ou-ab12-${String(units.length).padStart(8, '0')}`,
      ParentId: parent?.Id ?? ROOT,
      Name: `unit ${units.length}`,
      depth: (parent?.depth ?? 0) + 1,
    });
  }
  const deep = units.filter((unit) => unit.depth >= DEPTH - 1);
  const accounts = Array.from({ length: ACCOUNTS }, (_, number) => ({
    Id: account(number),
    ParentId: random.pick(deep).Id,
    State: 'ACTIVE' as const,
    KeepCrossAccountUse: false,
  }));
  const policies = Array.from({ length: DISTINCT_POLICIES }, (_, number) => policy(number, random));
  const nodes = [ROOT, ...units.map((unit) => unit.Id), ...accounts.map(({ Id }) => Id)];
  return {
    Revision: 1,
    Organization: { Id: 'o-abcdefghij', RootId: ROOT, ManagementAccountId: MANAGEMENT },
    EnabledPolicyTypes: ['SERVICE_CONTROL_POLICY'],
    Units: units.map(({ depth, ...unit }) => unit),
    Accounts: accounts,
    Policies: [fullAccess(), ...policies],
    Attachments: nodes.flatMap((TargetId) =>
      [FULL, ...random.list(POLICIES_PER_NODE - 1, POLICIES_PER_NODE - 1, () => random.pick(policies).Id)].map(
        (PolicyId) => ({ TargetId, PolicyId, Mode: 'enforce' as const }),
      ),
    ),
  };
}

/** Denials as guardrails have them: of some actions, on some resources, unless a condition holds. */
function policy(number: number, random: Random): OrganizationData['Policies'][number] {
  const conditions = [
    { StringNotEquals: { 'aws:RequestedRegion': ['local-1', 'local-2'] } },
    { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    { StringLike: { 'aws:PrincipalTag/team': `nobody-${number}-*` } },
    { NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '192.168.0.0/16'] } },
  ];
  const statements = Array.from({ length: STATEMENTS }, (_, index) => {
    const service = random.pick(SERVICES);
    return {
      Sid: `Deny${index}`,
      Effect: 'Deny',
      Action: random.list(1, 6, () => `${service}:${random.pick(['Action', 'Act*', 'Delete*', 'Put*'])}`),
      Resource: random.chance(0.6) ? '*' : `arn:aws:${service}:*:*:thing/${random.below(1000)}`,
      Condition: random.pick(conditions),
    };
  });
  return guardrail(`p-${String(number).padStart(8, '0')}`, statements);
}

function fullAccess(): OrganizationData['Policies'][number] {
  return guardrail(FULL, [{ Effect: 'Allow', Action: '*', Resource: '*' }]);
}

function guardrail(Id: string, Statement: object[]): OrganizationData['Policies'][number] {
  return {
    Id,
    Arn: `arn:aws:organizations::${MANAGEMENT}:policy/o-abcdefghij/service_control_policy/${Id}`,
    Name: Id,
    Type: 'SERVICE_CONTROL_POLICY',
    Version: '1',
    Document: JSON.stringify({ Version: '2012-10-17', Statement }),
  };
}

export function account(number: number): string {
  return String(100_000_000_000 + number);
}
