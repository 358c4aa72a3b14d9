/**
 * Separation of duties, and the management account without workloads (spec org 4.1). No guardrail binds the management
 * account, so whatever stands in it is out of reach of the organization's own rules.
 */
import type { DUTIES, LandingZone } from '../../../api/landing-zone/file.ts';
import type { Fault, PathStep } from './finding.ts';

type Duty = (typeof DUTIES)[number];

/** The duty that comes with the administration of a service. */
const DUTY_OF_SERVICE: Readonly<Record<string, Duty>> = {
  iam: 'platform-admin',
  sso: 'platform-admin',
  controltower: 'platform-admin',
  config: 'security-admin',
  'access-analyzer': 'security-admin',
  kms: 'key-custodian',
  secretsmanager: 'key-custodian',
  ccms: 'key-custodian',
  'acm-pca': 'certificate-officer',
  pca: 'certificate-officer',
  audit: 'audit-reader',
  cloudtrail: 'audit-reader',
};

export function dutyFaults(file: LandingZone): Fault[] {
  return [...managementFaults(file), ...delegationFaults(file), ...peopleFaults(file), ...archiveFaults(file)];
}

function managementFaults(file: LandingZone): Fault[] {
  const faults: Fault[] = [];
  const all = file.accounts.flatMap((account, i) => (account.role === 'management' ? [{ account, i }] : []));
  for (const { i } of all.slice(1))
    faults.push({
      code: 'two-management-accounts',
      message: 'there is one management account',
      path: ['accounts', i, 'role'],
    });
  const [management] = all;
  if (!management) return faults;
  const { account, i } = management;
  const holds = (path: readonly PathStep[], what: string, hint: string) =>
    faults.push({ code: 'management-workload', message: `the management account ${what}`, path, hint });
  const own = (member: string) => ['accounts', i, member];
  const elsewhere = 'no guardrail binds the management account: put it into an account of its own';
  if (account.enterpriseProjects.length > 0) holds(own('enterpriseProjects'), 'has enterprise projects', elsewhere);
  if (account.guardrails.length > 0)
    holds(own('guardrails'), 'has guardrails', 'no guardrail binds the management account: leave them out');
  if (account.lifecycle.expires !== null) holds(own('lifecycle'), 'expires', 'it lasts as long as the organization');
  file.shares.forEach(({ from }, n) => {
    if (from === account.key) holds(['shares', n, 'from'], 'shares a resource', elsewhere);
  });
  file.baselines.forEach(({ audit, roles }, n) => {
    if (audit?.sink === account.key)
      holds(['baselines', n, 'audit', 'sink'], 'collects audit records', 'the log archive has an account of its own');
    roles.forEach(({ trust }, m) => {
      if (trust === account.key)
        holds(
          ['baselines', n, 'roles', m, 'trust'],
          'is trusted by a role of other accounts',
          'daily work begins in an account of its own, such as security operations',
        );
    });
  });
  file.delegatedAdmins.forEach(({ account: delegate }, n) => {
    if (delegate === account.key)
      holds(['delegatedAdmins', n, 'account'], 'is a delegated administrator', 'it may do everything already');
  });
  return faults;
}

/** One account, two duties: who gets into it holds both. */
function delegationFaults(file: LandingZone): Fault[] {
  const held = new Map<string, { duty: Duty; service: string }>();
  return file.delegatedAdmins.flatMap(({ service, account }, i): Fault[] => {
    const duty = DUTY_OF_SERVICE[service];
    if (duty === undefined) return [];
    const before = held.get(account);
    held.set(account, before ?? { duty, service });
    if (!before || before.duty === duty) return [];
    return [
      {
        code: 'separation-of-duties',
        message: `account ${account} would be ${before.duty} (by ${before.service}) and ${duty} at once`,
        path: ['delegatedAdmins', i],
        hint: 'administer the two services from two accounts',
      },
    ];
  });
}

function peopleFaults(file: LandingZone): Fault[] {
  const held = new Map<string, { duty: Duty; set: string }>();
  return file.permissionSets.flatMap((set, i) =>
    set.assign.flatMap(({ group }, j): Fault[] => {
      if (set.duty === undefined) return [];
      const before = held.get(group);
      held.set(group, before ?? { duty: set.duty, set: set.key });
      if (!before || before.duty === set.duty) return [];
      return [
        {
          code: 'separation-of-duties',
          message: `group ${group} would be ${before.duty} (by ${before.set}) and ${set.duty} at once`,
          path: ['permissionSets', i, 'assign', j, 'group'],
          hint: 'assign the two duties to two groups that share nobody',
        },
      ];
    }),
  );
}

/** Records lie where nobody whose acts they hold administers anything. */
function archiveFaults(file: LandingZone): Fault[] {
  const roleOf = new Map(file.accounts.map(({ key, role }) => [key, role]));
  const faults: Fault[] = [];
  file.baselines.forEach(({ audit }, i) => {
    if (audit?.sink === undefined) return;
    const role = roleOf.get(audit.sink);
    if (role !== undefined && role !== 'log-archive' && role !== 'management')
      faults.push({
        code: 'separation-of-duties',
        message: `account ${audit.sink} keeps the audit records and is ${role}`,
        path: ['baselines', i, 'audit', 'sink'],
        hint: 'records go to an account with the role log-archive',
      });
  });
  file.delegatedAdmins.forEach(({ service, account }, i) => {
    if (roleOf.get(account) === 'log-archive' && DUTY_OF_SERVICE[service] !== 'audit-reader')
      faults.push({
        code: 'separation-of-duties',
        message: `the log archive would administer ${service}`,
        path: ['delegatedAdmins', i, 'account'],
        hint: 'the log archive keeps records and does nothing else',
      });
  });
  return faults;
}
