/** Keys of a landing zone: each names one object, and whatever is referred to exists. */
import type { LandingZone } from '../../../api/landing-zone/file.ts';
import { nameKey } from '../../names.ts';
import type { Fault, PathStep } from './finding.ts';
import { type ListedUnit, listUnits, ROOT } from './tree.ts';

type Kind = 'unit' | 'account' | 'guardrailSet' | 'policy' | 'pack' | 'baseline' | 'permissionSet' | 'exception';

const WORD: Readonly<Record<Kind, string>> = {
  unit: 'unit',
  account: 'account',
  guardrailSet: 'guardrail set',
  policy: 'policy',
  pack: 'pack',
  baseline: 'baseline',
  permissionSet: 'permission set',
  exception: 'exception',
};

interface Named {
  kind: Kind;
  key: string;
  path: readonly PathStep[];
}

const SECTIONS = [
  ['accounts', 'account'],
  ['guardrailSets', 'guardrailSet'],
  ['policies', 'policy'],
  ['packs', 'pack'],
  ['baselines', 'baseline'],
  ['permissionSets', 'permissionSet'],
  ['exceptions', 'exception'],
] as const;

export function referenceFaults(file: LandingZone): Fault[] {
  const units = listUnits(file);
  const named: Named[] = units.map(({ unit, path }) => ({ kind: 'unit', key: unit.key, path }));
  for (const [section, kind] of SECTIONS)
    named.push(...file[section].map(({ key }, i) => ({ kind, key, path: [section, i] })));
  const faults = doubleKeys(named);
  const known = new Map(named.map((item) => [item.key, item.kind]));
  const refer = (key: string, kinds: readonly (Kind | 'root')[], path: readonly PathStep[]) => {
    const kind = key === ROOT ? 'root' : known.get(key);
    if (kind !== undefined && (kinds as readonly string[]).includes(kind)) return;
    const wanted = kinds.map((wantedKind) => (wantedKind === 'root' ? ROOT : WORD[wantedKind])).join(' or ');
    faults.push({ code: 'unknown-key', message: `${key} is the key of no ${wanted}`, path });
  };
  const referAll = (list: readonly string[], kinds: readonly (Kind | 'root')[], path: readonly PathStep[]) => {
    for (const [i, key] of list.entries()) refer(key, kinds, [...path, i]);
    twice(list, path, faults);
  };
  const attachable = (node: { guardrails: string[]; packs: string[] }, path: readonly PathStep[]) => {
    referAll(node.guardrails, ['guardrailSet'], [...path, 'guardrails']);
    referAll(node.packs, ['pack'], [...path, 'packs']);
  };
  attachable(file.root, ['root']);
  for (const { unit, path } of units) attachable(unit, path);
  file.accounts.forEach((account, i) => {
    const path = ['accounts', i];
    refer(account.parent, ['root', 'unit'], [...path, 'parent']);
    referAll(account.baselines, ['baseline'], [...path, 'baselines']);
    attachable(account, path);
  });
  const anywhere = ['root', 'unit', 'account'] as const;
  for (const [i, { attach }] of file.policies.entries()) referAll(attach, anywhere, ['policies', i, 'attach']);
  for (const [i, { assign }] of file.permissionSets.entries())
    for (const [j, { to }] of assign.entries()) referAll(to, anywhere, ['permissionSets', i, 'assign', j, 'to']);
  file.shares.forEach(({ from, to }, i) => {
    refer(from, ['account'], ['shares', i, 'from']);
    referAll(to, anywhere, ['shares', i, 'to']);
  });
  file.baselines.forEach(({ roles, audit }, i) => {
    for (const [j, { trust }] of roles.entries()) refer(trust, ['account'], ['baselines', i, 'roles', j, 'trust']);
    if (audit?.sink !== undefined) refer(audit.sink, ['account'], ['baselines', i, 'audit', 'sink']);
  });
  file.guardrailSets.forEach(({ rollout }, i) => {
    if (rollout) referAll(rollout.stages, ['unit'], ['guardrailSets', i, 'rollout', 'stages']);
  });
  for (const [i, { account }] of file.delegatedAdmins.entries())
    refer(account, ['account'], ['delegatedAdmins', i, 'account']);
  for (const [i, { scope }] of file.exceptions.entries()) refer(scope, anywhere, ['exceptions', i, 'scope']);
  referAll(file.settings.protected, ['unit', 'account', 'guardrailSet', 'policy'], ['settings', 'protected']);
  faults.push(...movedFaults(file, known), ...treeFaults(file, units));
  return faults;
}

function doubleKeys(named: readonly Named[]): Fault[] {
  const first = new Map<string, Named>();
  return named.flatMap((item): Fault[] => {
    const path = [...item.path, 'key'];
    if (item.key === ROOT) return [{ code: 'reserved-key', message: `${ROOT} is the key of the root`, path }];
    const before = first.get(item.key);
    if (!before) {
      first.set(item.key, item);
      return [];
    }
    return [{ code: 'double-key', message: `key ${item.key} belongs to another ${WORD[before.kind]}`, path }];
  });
}

function twice(list: readonly string[], path: readonly PathStep[], faults: Fault[]): void {
  list.forEach((key, i) => {
    if (list.indexOf(key) < i)
      faults.push({ code: 'double-entry', message: `${key} is named twice`, path: [...path, i] });
  });
}

function movedFaults(file: LandingZone, known: ReadonlyMap<string, Kind>): Fault[] {
  const from = new Set<string>();
  const to = new Set<string>();
  return file.moved.flatMap((move, i): Fault[] => {
    const out: Fault[] = [];
    const fault = (member: 'from' | 'to', code: string, message: string) =>
      out.push({ code, message, path: ['moved', i, member] });
    if (known.has(move.from)) fault('from', 'moved-key-in-use', `${move.from} is still the key of an object`);
    if (!known.has(move.to)) fault('to', 'unknown-key', `${move.to} is the key of no object`);
    if (from.has(move.from)) fault('from', 'double-entry', `${move.from} moves twice`);
    if (to.has(move.to)) fault('to', 'double-entry', `${move.to} takes two keys`);
    from.add(move.from);
    to.add(move.to);
    return out;
  });
}

function treeFaults(file: LandingZone, units: readonly ListedUnit[]): Fault[] {
  const faults: Fault[] = [];
  const siblings = new Set<string>();
  for (const { unit, parent, path } of units) {
    const place = `${parent}\n${nameKey(unit.name)}`;
    if (siblings.has(place))
      faults.push({
        code: 'double-name',
        message: `a unit under the same parent is called ${unit.name} already`,
        path: [...path, 'name'],
      });
    siblings.add(place);
  }
  const emails = new Map<string, number>();
  const ids = new Map<string, number>();
  file.accounts.forEach((account, i) => {
    const email = account.email?.toLowerCase();
    if (email !== undefined) {
      if (emails.has(email))
        faults.push({
          code: 'double-email',
          message: `another account has the address ${account.email}`,
          path: ['accounts', i, 'email'],
        });
      emails.set(email, i);
    }
    if (account.accountId !== null) {
      if (ids.has(account.accountId))
        faults.push({
          code: 'double-account',
          message: `another entry names account ${account.accountId}`,
          path: ['accounts', i, 'accountId'],
        });
      ids.set(account.accountId, i);
    } else if (email === undefined && account.role !== 'management')
      faults.push({
        code: 'missing-field',
        message: 'an account that is to be made needs an e-mail address',
        path: ['accounts', i],
      });
  });
  return faults;
}
