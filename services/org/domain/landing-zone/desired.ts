/** What a landing zone wants, object by object; and what it names that no operation can do yet. */
import type { AccountFile, LandingZone } from '../../api/landing-zone/file.ts';
import type { Ceiling } from './file/ceilings.ts';
import { listUnits, ROOT } from './file/tree.ts';
import { FULL_ACCESS, type Mode, type PolicyType, type Ref } from './model.ts';

export interface DesiredAccount {
  name: string;
  email: string | undefined;
  parent: Ref;
  accountId: string | null;
  management: boolean;
  tags: Readonly<Record<string, string>>;
  suspended: boolean;
}

/** Something of the file that the plan names and does not do. */
export interface Unsupported {
  section: string;
  key: string;
  what: string;
}

export interface Desired {
  units: Map<Ref, { name: string; parent: Ref }>;
  accounts: Map<Ref, DesiredAccount>;
  policies: Map<Ref, { name: string; description: string; type: PolicyType; content: string }>;
  /** By target: what shall be attached to it, the policy that allows everything included. */
  attachments: Map<Ref, Map<Ref, Mode>>;
  types: Set<PolicyType>;
  services: Set<string>;
  delegates: { service: string; account: Ref }[];
  protected: ReadonlySet<Ref>;
  moved: readonly { from: string; to: string }[];
  onAccountRemoved: LandingZone['settings']['onAccountRemoved'];
  repair: LandingZone['settings']['drift']['repair'];
  unsupported: Unsupported[];
}

const SCP: PolicyType = 'SERVICE_CONTROL_POLICY';

export function desiredOf(file: LandingZone, ceilings: readonly Ceiling[], today: string): Desired {
  const units = new Map(listUnits(file).map(({ unit, parent }) => [unit.key, { name: unit.name, parent }]));
  const accounts = new Map(file.accounts.map((account) => [account.key, accountOf(account, today)]));
  return {
    units,
    accounts,
    policies: new Map(
      ceilings.map(({ key, name, description, type, content }) => [key, { name, description, type, content }]),
    ),
    attachments: attachmentsOf([ROOT, ...units.keys(), ...accounts.keys()], ceilings),
    types: new Set<PolicyType>([SCP, ...ceilings.map(({ type }) => type)]),
    services: new Set(
      [...file.trustedServices, ...file.delegatedAdmins.map(({ service }) => service)].map(principalOf),
    ),
    delegates: file.delegatedAdmins.map(({ service, account }) => ({ service: principalOf(service), account })),
    protected: protectedRefs(file, ceilings),
    moved: file.moved,
    onAccountRemoved: file.settings.onAccountRemoved,
    repair: file.settings.drift.repair,
    unsupported: unsupportedOf(file),
  };
}

export const principalOf = (service: string) => `${service}.amazonaws.com`;

function accountOf(
  { name, email, parent, accountId, role, tags, lifecycle }: AccountFile,
  today: string,
): DesiredAccount {
  const suspended = lifecycle.expires !== null && lifecycle.expires <= today;
  return { name, email, parent, accountId, management: role === 'management', tags, suspended };
}

function attachmentsOf(targets: readonly Ref[], ceilings: readonly Ceiling[]): Map<Ref, Map<Ref, Mode>> {
  const attachments = new Map<Ref, Map<Ref, Mode>>(
    targets.map((target) => [target, new Map([[FULL_ACCESS[SCP], 'enforce']])]),
  );
  for (const { key, mode, targets: wanted, allowList, type } of ceilings)
    for (const target of wanted) {
      const held = attachments.get(target);
      held?.set(key, mode);
      if (allowList && type === SCP && mode === 'enforce') held?.delete(FULL_ACCESS[SCP]);
    }
  return attachments;
}

/** Of a set, every policy it is packed into. */
function protectedRefs(file: LandingZone, ceilings: readonly Ceiling[]): Set<Ref> {
  const named = new Set<string>(file.settings.protected);
  for (const { key, set } of ceilings) if (set !== undefined && named.has(set)) named.add(key);
  return named;
}

function unsupportedOf(file: LandingZone): Unsupported[] {
  const out: Unsupported[] = [];
  const add = (section: string, key: string, what: string) => out.push({ section, key, what });
  const { maxSession, requireMfaAgeSeconds } = file.settings.accessRole;
  if (maxSession !== undefined) add('settings', 'accessRole', `sessions of at most ${maxSession} seconds`);
  if (requireMfaAgeSeconds !== undefined)
    add('settings', 'accessRole', `a second factor at most ${requireMfaAgeSeconds} seconds ago`);
  for (const { key, rollout } of file.guardrailSets) if (rollout) add('guardrailSets', key, 'roll-out in stages');
  const holders = [
    [ROOT, file.root.packs] as const,
    ...listUnits(file).map(({ unit }) => [unit.key, unit.packs] as const),
    ...file.accounts.map(({ key, packs }) => [key, packs] as const),
  ];
  for (const [holder, packs] of holders)
    for (const pack of packs) add('packs', pack, `detective guardrails on ${holder}`);
  for (const account of file.accounts) {
    for (const { name } of account.enterpriseProjects) add('accounts', account.key, `enterprise project ${name}`);
    for (const baseline of account.baselines)
      for (const what of baselineParts(file, baseline)) add('baselines', baseline, `${what} in ${account.key}`);
  }
  for (const { key, assign } of file.permissionSets)
    for (const { group, to } of assign) add('permissionSets', key, `for group ${group} in ${to.join(', ')}`);
  for (const { resource, from, to } of file.shares) add('shares', resource, `of ${from} to ${to.join(', ')}`);
  for (const { key, rule, scope } of file.exceptions) add('exceptions', key, `from ${rule} for ${scope}`);
  if (file.breakGlass) add('breakGlass', file.breakGlass.role, `role with ${file.breakGlass.approvers} approvers`);
  return out;
}

function baselineParts(file: LandingZone, key: string): string[] {
  const baseline = file.baselines.find((candidate) => candidate.key === key);
  if (!baseline) return [];
  const { passwordPolicy, rootUser, audit, kms, roles } = baseline;
  return [
    ...(passwordPolicy ? ['password policy'] : []),
    ...(rootUser ? [`sign-in of the root user ${rootUser.login}`] : []),
    ...(audit ? [`audit trail ${audit.trail}`] : []),
    ...(kms ? ['key defaults'] : []),
    ...roles.map(({ name }) => `role ${name}`),
  ];
}
