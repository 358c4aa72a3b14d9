import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operations } from '../operations.ts';
import { actionsReference } from './actions.ts';
import { GLOBAL_CONDITION_KEYS } from './global-condition-keys.ts';

const root = resolve(import.meta.dirname, '../..');
const page = actionsReference(operations);
const rowOf = (name: string) => page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));

describe('the reference of actions', () => {
  it('has every action that is asked, and every condition key beside it', () => {
    for (const { authz } of operations) {
      if (typeof authz !== 'object') continue;
      for (const action of [authz.action, ...(authz.alsoChecks ?? [])]) expect(rowOf(action), action).toBeDefined();
      const row = rowOf(authz.action);
      for (const key of authz.conditions ?? []) expect(row).toContain(`\`${key}\``);
      expect(row).toContain(`\`${authz.resource}\``);
    }
  });

  it('says what an action of two operations is asked by', () => {
    expect(rowOf('kms:Decrypt')).toContain('kms Decrypt, kms BatchDecrypt');
  });
});

describe('the global condition keys', () => {
  it('are those that are filled in', () => {
    const source = readFileSync(join(root, 'platform/authz/context.ts'), 'utf8');
    const filled = [...source.matchAll(/'((?:aws|parapet):[a-z]+\/?)'/g)].map(([, key]) => key as string);
    const places = ['aws:principal', 'aws:resource'];
    const wanted = [
      ...filled.filter((key) => !places.includes(key)),
      ...places.flatMap((place) => [`${place}orgid`, `${place}orgpaths`]),
      ...['parapet:enterpriseprojectid', 'parapet:beyondproject'],
    ];
    const listed = Object.keys(GLOBAL_CONDITION_KEYS).map((key) => key.toLowerCase().replace('/*', '/'));
    expect(listed.sort()).toEqual([...new Set(wanted)].sort());
  });
});
