import { describe, expect, it } from 'vitest';
import { blueprintNames, readBlueprint } from '../../../../../policies/blueprints/files.ts';
import { landingZoneSchema } from '../../../api/landing-zone/file.ts';
import { HEAD, read } from '../testing/files.ts';

/** `line:column code message`. */
const said = (text: string, files: Record<string, string> = {}) =>
  read(text, files).findings.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);

describe('blueprints', () => {
  it.each(blueprintNames())('%s is a landing zone without a fault', (name) => {
    expect(read(readBlueprint(name) as string)).toMatchObject({ findings: [], missing: [] });
  });

  it('of the enterprise have the accounts of the white paper', () => {
    const { landingZone } = read(readBlueprint('enterprise') as string);
    const roles = landingZone?.accounts.map(({ role }) => role);
    for (const role of [
      'network',
      'shared',
      'security',
      'ops',
      'log-archive',
      'data',
      'devops',
      'sandbox',
      'management',
    ])
      expect(roles).toContain(role);
  });
});

describe('a landing zone', () => {
  it.each<[string, string, string]>([
    ['a field nobody knows', 'settings:\n  colour: red\n', '5:3 unknown-field colour is not a field of settings'],
    [
      'a field nobody knows, deep down',
      'organizationalUnits:\n  - key: a\n    name: A\n    children:\n      - {key: b, name: B, size: 3}\n',
      '8:27 unknown-field size is not a field of organizationalUnits[0].children[0]',
    ],
    [
      'a field that is missing',
      'accounts:\n  - key: a\n    name: A\n    email: a@b.example\n',
      '5:5 missing-field parent is missing',
    ],
    [
      'a value that may not be',
      'settings: {onAccountRemoved: shred}\n',
      '4:30 not-allowed onAccountRemoved is not forget or quarantine or close',
    ],
    [
      'a number where text is meant',
      'accounts: [{key: a, name: A, parent: root, accountId: 123456789012}]\n',
      '4:55 wrong-type accountId is not a text',
    ],
    [
      'a key with capitals',
      'organizationalUnits: [{key: Sec, name: S}]\n',
      '4:29 wrong-form key is not lower-case letters, digits and single dashes, beginning with a letter',
    ],
    [
      'a date that is none',
      'accounts: [{key: a, name: A, parent: root, email: a@b.example, lifecycle: {expires: 2027-02-30}}]\n',
      '4:85 wrong-form expires is not a date, such as 2027-03-31',
    ],
    [
      'a key that is taken',
      'organizationalUnits: [{key: a, name: A}]\nguardrailSets: [{key: a, include: [G-P-08]}]\n',
      '5:23 double-key key a belongs to another unit',
    ],
    [
      'the key of the root',
      'organizationalUnits: [{key: root, name: A}]\n',
      '4:29 reserved-key root is the key of the root',
    ],
    [
      'a parent that does not exist',
      'accounts: [{key: a, name: A, email: a@b.example, parent: nowhere}]\n',
      '4:58 unknown-key nowhere is the key of no root or unit',
    ],
    [
      'siblings of one name',
      'organizationalUnits:\n  - {key: a, name: Data}\n  - {key: b, name: "data "}\n',
      '6:20 double-name a unit under the same parent is called data  already',
    ],
    [
      'an address that is taken',
      'accounts:\n  - {key: a, name: A, email: a@b.example, parent: root}\n  - {key: b, name: B, email: A@b.example, parent: root}\n',
      '6:30 double-email another account has the address A@b.example',
    ],
    [
      'a guardrail nobody knows',
      'guardrailSets: [{key: s, include: [G-P-08, G-P-99]}]\n',
      '4:44 unknown-guardrail there is no guardrail G-P-99',
    ],
    [
      'a parameter that no guardrail has',
      'guardrailSets: [{key: s, include: [G-P-08], parameters: {minDay: 7}}]\n',
      '4:58 unknown-parameter no guardrail of the set has a parameter minDay',
    ],
    [
      'a parameter out of bounds',
      'guardrailSets: [{key: s, include: [G-P-08], parameters: {minDays: 3}}]\n',
      '4:17 guardrail-set G-P-08: parameter minDays: less than 7',
    ],
    [
      'a parameter that is not declared',
      `guardrailSets: [{key: s, include: [G-P-08], parameters: {minDays: "\${days}"}}]\n`,
      '4:67 unknown-parameter parameter days is not declared',
    ],
    [
      'a set without break-glass role',
      'guardrailSets: [{key: s, include: [G-P-36], exemptPrincipals: [breakGlass]}]\n',
      '4:64 no-break-glass the file names no break-glass role',
    ],
    [
      'a document that is no policy',
      "policies: [{key: p, document: {Version: '2012-10-17', Statement: [{Effect: Forbid, Action: '*', Resource: '*'}]}}]\n",
      '4:31 policy-document',
    ],
    [
      'an allow list that allows nothing',
      "policies: [{key: p, strategy: allow-list, document: {Version: '2012-10-17', Statement: [{Effect: Deny, Action: '*', Resource: '*'}]}}]\n",
      '4:53 no-allow an allow list without an Allow would deny everything',
    ],
    [
      'too many units below one another',
      `organizationalUnits: [{key: a, name: A, children: [${[...'bcdef'].map((k) => `{key: ${k}, name: X, children: [`).join('')}${']}'.repeat(6)}]\n`,
      '4:168 limit unit f would stand 6 levels below the root, the limit is 5',
    ],
    [
      'a moved key that is still used',
      'organizationalUnits: [{key: a, name: A}]\nmoved: [{from: a, to: a}]\n',
      '5:16 moved-key-in-use a is still the key of an object',
    ],
    [
      'a home outside the allowed regions',
      'settings: {homeRegion: eu-1, allowedRegions: [local-1]}\n',
      '4:24 home-region the home region eu-1 is not among the allowed regions',
    ],
    ['an unreadable text', 'accounts: [\n', '5:1 unreadable'],
    ['a key given twice', 'settings: {approvals: 1, approvals: 2}\n', '4:26 duplicate-key map keys must be unique'],
  ])('is refused for %s, with line and column', (_, text, expected) => {
    const first = said(HEAD + text)[0] ?? 'no fault';
    expect(first.startsWith(expected) ? expected : first).toBe(expected);
  });

  it.each<[string, string, string]>([
    [
      'projects in the management account',
      'accounts: [{key: m, name: M, role: management, parent: root, enterpriseProjects: [{name: shop}]}]\n',
      'management-workload the management account has enterprise projects',
    ],
    [
      'two management accounts',
      'accounts:\n  - {key: m, name: M, role: management, parent: root}\n  - {key: n, name: N, role: management, parent: root}\n',
      'two-management-accounts there is one management account',
    ],
    [
      'records in the management account',
      'accounts: [{key: m, name: M, role: management, parent: root}]\nbaselines: [{key: b, audit: {trail: all, sink: m}}]\n',
      'management-workload the management account collects audit records',
    ],
    [
      'keys and records administered together',
      'accounts: [{key: a, name: A, email: a@b.example, parent: root}]\ndelegatedAdmins: [{service: kms, account: a}, {service: audit, account: a}]\n',
      'separation-of-duties account a would be key-custodian (by kms) and audit-reader at once',
    ],
    [
      'one group with two duties',
      'permissionSets:\n  - {key: keys, duty: key-custodian, assign: [{group: all, to: [root]}]}\n  - {key: audit, duty: audit-reader, assign: [{group: all, to: [root]}]}\n',
      'separation-of-duties group all would be key-custodian (by keys) and audit-reader at once',
    ],
    [
      'an archive that administers keys',
      'accounts: [{key: l, name: L, email: l@b.example, role: log-archive, parent: root}]\ndelegatedAdmins: [{service: kms, account: l}]\n',
      'separation-of-duties the log archive would administer kms',
    ],
  ])('is refused for %s', (_, text, expected) => {
    expect(said(HEAD + text).map((line) => line.replace(/^\d+:\d+ /, ''))).toContain(expected);
  });

  it('fills parameters in, with their type or inside a text', () => {
    const { landingZone, ceilings } = read(
      `${HEAD}parameters: {days: {type: integer, default: 21}, domain: {type: text, default: acme.example}}\naccounts: [{key: a, name: A, email: "a@\${domain}", parent: root}]\nroot: {guardrails: [s]}\nguardrailSets: [{key: s, include: [G-P-08], parameters: {minDays: "\${days}"}}]\n`,
    );
    expect(landingZone?.accounts[0]?.email).toBe('a@acme.example');
    expect(ceilings[0]?.content).toContain('"21"');
  });

  it('reads what it includes and the documents it names, and says which files those are', () => {
    const main = `${HEAD}include: [more.yaml]\norganizationalUnits: [{key: a, name: A}]\npolicies: [{key: p, file: policies/p.json, attach: [b]}]\n`;
    expect(read(main).missing).toEqual(['more.yaml']);
    const more = 'organizationalUnits: [{key: b, name: B}]\n';
    expect(read(main, { 'more.yaml': more }).missing).toEqual(['policies/p.json']);
    const document = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:*","Resource":"*"}}';
    const whole = read(main, { 'more.yaml': more, 'policies/p.json': document });
    expect(whole.findings).toEqual([]);
    expect(whole.landingZone?.organizationalUnits.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(whole.ceilings[0]).toMatchObject({ key: 'p', content: document, targets: ['b'] });
    const bad = read(main, {
      'more.yaml': 'organizationalUnits:\n  - {key: b, nam: B}\n',
      'policies/p.json': document,
    });
    expect(bad.findings[0]).toMatchObject({ file: 'more.yaml', line: 2, code: 'missing-field' });
    expect(read(main, { 'more.yaml': 'settings: {}\n', 'policies/p.json': document }).findings).toMatchObject([
      { file: 'more.yaml', line: 1, code: 'not-includable' },
    ]);
  });

  it('means the same as JSON', () => {
    const json = JSON.stringify({ apiVersion: 'parapet/v1', kind: 'LandingZone', metadata: { name: 'acme' } });
    expect(read(json).landingZone).toEqual(read(HEAD).landingZone);
    expect(said(json.replace('"name"', '"nam"'))).toEqual(
      ['1:61 unknown-field nam is not a field of metadata', '1:60 missing-field name is missing'].sort(),
    );
    expect(said(json.replace('{"name"', '{"name":"x","name"'))).toEqual(['1:72 duplicate-key map keys must be unique']);
  });

  it('does not grow by its aliases', () => {
    const bomb = `${HEAD}shares:\n${Array.from(
      { length: 9 },
      (_, i) =>
        `  - &a${i} [${
          i === 0
            ? 'x'
            : Array(9)
                .fill(`*a${i - 1}`)
                .join(', ')
        }]`,
    ).join('\n')}\n`;
    expect(read(bomb).findings[0]?.code).toBe('too-many-aliases');
  });

  it('has a schema for editors', () => {
    const schema = landingZoneSchema() as {
      $schema: string;
      properties: Record<string, unknown>;
      additionalProperties: boolean;
    };
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      additionalProperties: false,
    });
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['accounts', 'organizationalUnits', 'moved']),
    );
  });
});
