/** What every organization must have: the guardrail is there, in force with the blueprint, and tells good from bad. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileGuardrail, judge } from '../baselines/compile.ts';
import { readShippedDetective, readShippedPacks } from '../baselines/files.ts';
import { casesOf, HOME, itemOf, judgingOf, NOW } from '../baselines/testing/cases.ts';
import { readShippedGuardrails } from '../guardrails/files.ts';
import { compileSet, guardrailsOf } from '../guardrails/pack.ts';
import { contextOf, decideUnder, principalNamed } from '../guardrails/testing/decide.ts';
import { readBlueprint } from './files.ts';

const blueprint = parse(readBlueprint('enterprise') as string) as {
  root: { packs: string[] };
  guardrailSets: { include: string[] }[];
};
const prevented = new Set(blueprint.guardrailSets.flatMap(({ include }) => include));
const detective = readShippedDetective();
const packs = readShippedPacks(detective);

const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString();
const accessKey = (days: number, status = 'Active') => ({
  accessKeys: [{ id: 'AKIA1', status, createdAt: daysAgo(days) }],
});
const symmetric = { spec: 'SYMMETRIC_DEFAULT', origin: 'AWS_KMS', state: 'Enabled' };
const pending = (pendingWindowDays: number) => ({
  type: 'kms:key',
  configuration: { state: 'PendingDeletion', pendingWindowDays },
  tags: { 'deletion-ticket': 'T-1' },
});
const KEY = `arn:aws:kms:local-1:${HOME}:key/1`;
const ourKey = { arn: KEY, type: 'kms:key', accountId: HOME, configuration: { state: 'Enabled' } };
const volume = (configuration: object, related: (typeof ourKey)[] = []) => ({
  type: 'ext:volume',
  configuration,
  related,
});
const auditor = 'arn:aws:iam::aws:policy/SecurityAudit';
const custodian = 'arn:aws:iam::aws:policy/KeyManagementPowerUser';

interface Facts {
  type: string;
  configuration: object;
  tags?: Record<string, string>;
  account?: { management?: boolean };
  related?: (typeof ourKey)[];
}

const DETECTED: [what: string, id: string, good: Facts, bad: Facts][] = [
  [
    'the root user has a second factor',
    'G-D-01',
    { type: 'iam:root', configuration: { loginEnabled: true, mfaEnabled: true } },
    { type: 'iam:root', configuration: { loginEnabled: true, mfaEnabled: false } },
  ],
  [
    'no access key is older than 90 days',
    'G-D-10',
    { type: 'iam:user', configuration: accessKey(90) },
    { type: 'iam:user', configuration: accessKey(91) },
  ],
  [
    'keys rotate',
    'G-D-16',
    { type: 'kms:key', configuration: { ...symmetric, KeyRotationEnabled: true, RotationPeriodInDays: 365 } },
    { type: 'kms:key', configuration: { ...symmetric, KeyRotationEnabled: false } },
  ],
  [
    'keys rotate every year',
    'G-D-16',
    { type: 'kms:key', configuration: { ...symmetric, KeyRotationEnabled: true, RotationPeriodInDays: 90 } },
    { type: 'kms:key', configuration: { ...symmetric, KeyRotationEnabled: true, RotationPeriodInDays: 366 } },
  ],
  ['keys wait 30 days for their deletion', 'G-D-17', pending(30), pending(29)],
  [
    'the audit record is on',
    'G-D-28',
    { type: 'organizations:account', configuration: { auditEnabled: true } },
    { type: 'organizations:account', configuration: { auditEnabled: false } },
  ],
  [
    'volumes are encrypted',
    'G-D-38',
    volume({ encrypted: true, kmsKeyArn: KEY }, [ourKey]),
    volume({ encrypted: false }),
  ],
  [
    'volumes are encrypted with a key of ours',
    'G-D-38',
    volume({ encrypted: true, kmsKeyArn: KEY }, [ourKey]),
    volume({ encrypted: true, kmsKeyArn: KEY }),
  ],
  [
    'no user holds two offices',
    'G-D-08',
    { type: 'iam:user', configuration: { groups: ['Auditors'] } },
    { type: 'iam:user', configuration: { groups: ['Auditors', 'KeyCustodians'] } },
  ],
  [
    'no role holds two offices',
    'G-D-08',
    { type: 'iam:role', configuration: { attachedPolicies: [auditor] } },
    { type: 'iam:role', configuration: { attachedPolicies: [auditor, custodian] } },
  ],
  [
    'the management account holds no workloads',
    'G-D-35',
    { type: 'kms:key', configuration: {}, account: { management: true }, tags: { 'management-plane': 'true' } },
    { type: 'kms:key', configuration: {}, account: { management: true } },
  ],
];

describe('a requirement that is detected', () => {
  it.each(DETECTED)('%s (%s)', (_what, id, good, bad) => {
    const guardrail = detective.get(id);
    if (!guardrail) throw new Error(`there is no ${id}`);
    const compiled = compileGuardrail(guardrail);
    if (!compiled.ok) throw new Error(compiled.fault);
    const verdict = ({ type, configuration, tags = {}, account = {}, related = [] }: Facts) => {
      const item = itemOf({ configuration: { ...configuration }, tags, confirmedDaysAgo: 0 }, type);
      return judge(compiled.rule, item, judgingOf({ account, related })).verdict;
    };
    expect([verdict(good), verdict(bad)]).toEqual(['COMPLIANT', 'NON_COMPLIANT']);
    const shown = new Set(casesOf(id).map((row) => row.verdict));
    expect([...shown]).toEqual(expect.arrayContaining(['COMPLIANT', 'NON_COMPLIANT']));
  });

  it.each([...new Set(DETECTED.map(([, id]) => id))])('%s is in a pack that the blueprint puts in force', (id) => {
    const inForce = blueprint.root.packs;
    expect(inForce.some((name) => packs.get(name)?.rules.some((rule) => rule.id === id))).toBe(true);
  });
});

interface Asked {
  principal: string;
  action: string;
  context?: Record<string, string>;
}
const waiting = (days: string): Asked => ({
  principal: 'root',
  action: 'kms:ScheduleKeyDeletion',
  context: { 'kms:ScheduleKeyDeletionPendingWindowInDays': days },
});

const PREVENTED: [what: string, id: string, good: Asked, bad: Asked][] = [
  [
    'the audit record is not weakened',
    'G-P-02',
    { principal: 'user', action: 'audit:LookupEvents' },
    { principal: 'root', action: 'audit:PutSettings' },
  ],
  ['keys wait 30 days for their deletion', 'G-P-08', waiting('30'), waiting('29')],
  [
    'key rotation stays on',
    'G-P-10',
    { principal: 'root', action: 'kms:EnableKeyRotation', context: { 'kms:RotationPeriodInDays': '365' } },
    { principal: 'root', action: 'kms:DisableKeyRotation' },
  ],
];

describe('a requirement that is enforced', () => {
  it.each(PREVENTED)('%s (%s)', (_what, id, good, bad) => {
    const guardrail = readShippedGuardrails().get(id);
    if (!guardrail) throw new Error(`there is no ${id}`);
    expect(prevented.has(id)).toBe(true);
    const packed = compileSet({ guardrails: [guardrail] });
    if (!packed.ok) throw new Error(packed.faults.join('; '));
    const decide = ({ principal: name, action, context = {} }: Asked) => {
      const principal = principalNamed(name);
      const request = { principal, action, resource: KEY, context: contextOf(principal, context) };
      return decideUnder(packed.set.documents, request);
    };
    const [passes, fails] = [decide(good), decide(bad)];
    expect([passes.engine.reason, passes.reference.reason]).toEqual(['allow', 'allow']);
    expect([fails.engine.reason, fails.reference.reason]).toEqual(['explicit-deny', 'explicit-deny']);
    expect(guardrailsOf(packed.set, fails.engine.matched[0]?.sid)).toEqual([id]);
  });
});
