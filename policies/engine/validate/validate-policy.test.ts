// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
import { describe, expect, it } from 'vitest';
import {
  type ActionCatalogue,
  type ActionEntry,
  awsStrict,
  compilePolicy,
  defaultLimits,
  type PolicyKind,
  PolicySyntaxError,
  validatePolicy,
} from '../index.ts';

const ALLOW = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const document = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements });
const allow = (change: object) => document({ ...ALLOW, ...change });
const deny = (change: object) => document({ ...ALLOW, Effect: 'Deny', ...change });
const cond = (condition: object, effect: 'Allow' | 'Deny' = 'Allow') =>
  document({ ...ALLOW, Effect: effect, Condition: condition });
const without = (name: string) => document(Object.fromEntries(Object.entries(ALLOW).filter(([key]) => key !== name)));
const trust = (change: object) =>
  document({ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole', ...change });
const resource = (change: object) => document({ ...ALLOW, Principal: { AWS: '111122223333' }, ...change });
const rcp = (change: object) => document({ ...ALLOW, Effect: 'Deny', Principal: '*', ...change });

type Row = [code: string, document: object | string, kind?: PolicyKind];
const codes = (text: object | string, kind: PolicyKind, catalogue?: ActionCatalogue) =>
  validatePolicy(typeof text === 'string' ? text : JSON.stringify(text), { kind, ...(catalogue && { catalogue }) }).map(
    (finding) => finding.code,
  );

/** Faults that make a document meaningless or ambiguous: compiling refuses them as well. */
const GRAMMAR: Row[] = [
  ['bad-json', '{"Statement": [}'],
  ['bad-json', '\uFEFF{}'],
  ['bad-json', '{"Statement": []} x'],
  ['bad-json', `${'['.repeat(40)}`],
  ['duplicate-key', '{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}'],
  ['duplicate-key', cond({ StringEquals: { 'aws:username': 'a', 'AWS:UserName': 'b' } })],
  ['wrong-type', '[]'],
  ['wrong-type', document('x' as unknown as object)],
  ['wrong-type', allow({ Action: 1 })],
  ['wrong-type', cond({ StringEquals: { 'aws:username': { a: 1 } } })],
  ['wrong-type', cond({ StringEquals: 'x' })],
  ['unknown-element', { ...document(ALLOW), statement: [] }],
  ['unknown-element', allow({ Resources: '*' })],
  ['unknown-element', { ...document(ALLOW), Id: 'x' }],
  ['missing-statement', { Version: '2012-10-17' }],
  ['empty-statement', document()],
  ['empty-statement', document({})],
  ['missing-effect', without('Effect')],
  ['missing-action', without('Action')],
  ['missing-resource', without('Resource')],
  ['exclusive-elements', allow({ NotAction: 'kms:*' })],
  ['exclusive-elements', allow({ NotResource: '*' })],
  ['bad-version', { ...document(ALLOW), Version: '2012-10-18' }],
  ['bad-effect', allow({ Effect: 'allow' })],
  ['bad-sid', allow({ Sid: 'with space' })],
  ['duplicate-sid', document({ ...ALLOW, Sid: 'A' }, { ...ALLOW, Sid: 'A' })],
  ['principal-forbidden', allow({ Principal: '*' })],
  ['principal-forbidden', allow({ Principal: '*' }), 'scp'],
  ['missing-principal', trust({ Principal: undefined }), 'trust'],
  ['missing-principal', allow({}), 'endpoint'],
  ['bad-principal', resource({ Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } }), 'resource'],
  ['bad-principal', resource({ Principal: { AWS: 'arn:aws:iam::111122223333:group/x' } }), 'resource'],
  ['bad-principal', resource({ Principal: { User: 'x' } }), 'resource'],
  ['bad-principal', resource({ Principal: '111122223333' }), 'resource'],
  ['bad-action', allow({ Action: 'GetObject' })],
  ['wildcard-in-service', allow({ Action: 's*:GetObject' })],
  ['bad-arn', allow({ Resource: 'b/*' })],
  ['short-arn', allow({ Resource: 'arn:aws:s3' }), 'scp'],
  ['misplaced-variable', allow({ Action: 's3:${aws:username}' })],
  ['misplaced-variable', allow({ Resource: 'arn:aws:s3::${aws:PrincipalAccount}:b' })],
  ['misplaced-variable', cond({ NumericEquals: { 's3:max-keys': '${aws:username}' } })],
  ['bad-variable', allow({ Resource: 'arn:aws:s3:::b/${aws:username' })],
  ['bad-variable', allow({ Resource: 'arn:aws:s3:::b/${}' })],
  ['bad-variable', allow({ Resource: 'arn:aws:s3:::b/${aws: username}' })],
  ['bad-variable', allow({ Resource: 'arn:aws:s3:::b/${aws:username,"x"}' })],
  ['bad-variable', allow({ Resource: "arn:aws:s3:::b/${aws:username, 'x}" })],
  ['unknown-operator', cond({ StringEqual: { 'aws:username': 'a' } })],
  ['unknown-operator', cond({ BinaryNotEquals: { k: 'AA==' } })],
  ['bad-number', cond({ NumericEquals: { k: 'ten' } })],
  ['bad-number', cond({ NumericEquals: { k: '1e3' } })],
  ['bad-date', cond({ DateEquals: { k: '2025-13-01' } })],
  ['bad-date', cond({ DateEquals: { k: '2025-02-29' } })],
  ['bad-boolean', cond({ Bool: { k: 'yes' } })],
  ['bad-boolean', cond({ Null: { k: '1' } })],
  ['bad-base64', cond({ BinaryEquals: { k: 'AB==' } })],
  ['bad-cidr', cond({ IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } })],
  ['bad-cidr', cond({ IpAddress: { 'aws:SourceIp': '010.0.0.1' } })],
  ['bad-time-window', cond({ TimeOfDayBetween: { 'aws:CurrentTime': '0-4@UTC' } })],
  ['bad-time-window', cond({ TimeOfDayBetween: { 'aws:CurrentTime': '00:00-04:00@Mars/Base' } })],
  ['bad-time-window', cond({ TimeOfDayBetween: { 'aws:CurrentTime': '04:00-04:00@UTC' } })],
  ['bad-key', cond({ TimeOfDayBetween: { 'aws:TokenIssueTime': '00:00-04:00@UTC' } })],
  ['rcp-allow', rcp({ Effect: 'Allow' }), 'rcp'],
  ['bad-principal', rcp({ Principal: { AWS: '*' } }), 'rcp'],
  ['not-action-forbidden', rcp({ Action: undefined, NotAction: 'kms:*' }), 'rcp'],
  ['bare-star-action', rcp({ Action: '*' }), 'rcp'],
  ['missing-version', { Statement: [rcp({}).Statement[0]] }, 'rcp'],
  ['short-arn', rcp({ Resource: 'arn:aws:s3:*' }), 'rcp'],
  ['resource-forbidden', trust({ Resource: '*' }), 'trust'],
  ['not-principal-forbidden', trust({ Principal: undefined, NotPrincipal: { AWS: '111122223333' } }), 'trust'],
  ['wildcard-principal', trust({ Principal: '*' }), 'trust'],
  ['not-principal-forbidden', resource({ Principal: undefined, NotPrincipal: '*' }), 'endpoint'],
];

/** Faults in what names mean: a stored document still compiles when the world changes around it. */
const MEANING: Row[] = [
  ['bad-arn-field', allow({ Resource: 'arn:azure:s3:::b' })],
  ['bad-arn-field', allow({ Resource: 'arn:aws:S3:::b' })],
  ['bad-arn-field', allow({ Resource: 'arn:aws:sqs:Berlin:111122223333:q' })],
  ['bad-arn-field', allow({ Resource: 'arn:aws:sqs:eu-1:1234:q' })],
  ['bad-arn-field', allow({ Resource: 'arn:aws:s3:::' })],
  ['wildcard-in-resource-type', allow({ Resource: 'arn:aws:iam::111122223333:u*' })],
  ['null-qualified', cond({ NullIfExists: { k: 'true' } })],
  ['null-qualified', cond({ 'ForAnyValue:Null': { k: 'true' } })],
  ['several-booleans', cond({ Bool: { k: ['true', 'false'] } })],
  ['missing-tag-key', cond({ StringEquals: { 'aws:RequestTag/': 'x' } })],
];

const ADVICE: Row[] = [
  ['allow-not-action', allow({ Action: undefined, NotAction: 'iam:*' })],
  ['allow-not-principal', resource({ Principal: undefined, NotPrincipal: { AWS: '111122223333' } }), 'resource'],
  ['for-all-values-allow', cond({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } })],
  ['mfa-bypass', cond({ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, 'Deny')],
  ['mfa-bypass', cond({ BoolIfExists: { 'aws:MultiFactorAuthPresent': true } })],
  ['pass-role-star', allow({ Action: 'iam:Pass*', Resource: '*' })],
  ['public-grant', resource({ Principal: '*' }), 'resource'],
  ['service-without-source', resource({ Principal: { Service: 'x.amazonaws.com' } }), 'resource'],
  ['federation-without-audience', trust({ Principal: { Federated: 'idp' } }), 'trust'],
  ['missing-principal', allow({}), 'resource'],
  ['missing-version', { Statement: ALLOW }],
  ['old-version', { Version: '2008-10-17', Statement: ALLOW }],
  ['inert-variable', { Statement: { ...ALLOW, Resource: 'arn:aws:s3:::b/${aws:username}' } }],
  ['wildcard-without-like', cond({ StringEquals: { k: 'prod-*' } })],
  ['operator-case', cond({ stringequals: { k: 'a' } })],
  ['private-source-ip', cond({ IpAddress: { 'aws:SourceIp': '10.1.0.0/16' } })],
  ['cidr-base', cond({ IpAddress: { 'aws:SourceIp': '203.0.113.7/24' } })],
  ['short-arn', allow({ Resource: 'arn:aws:s3:*' })],
  ['empty-list', allow({ Action: [] })],
  ['empty-list', deny({ Action: undefined, NotAction: [] })],
  ['redundant-action', allow({ Action: ['s3:GetObject', 's3:Get*'] })],
  ['redundant-action', allow({ Action: ['s3:GetObject', 'S3:getobject'] })],
  ['redundant-resource', allow({ Resource: ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/c?'] })],
  ['redundant-statement', document({ ...ALLOW, Sid: 'A' }, { ...ALLOW, Sid: 'B' })],
  ['wildcard-in-service', allow({ Action: '*:*' })],
];

describe('validatePolicy', () => {
  it.each(GRAMMAR)('reports %s as an error that compiling refuses too: %j', (code, text, kind = 'identity') => {
    expect(codes(text, kind)).toContain(code);
    const source = { arn: 'arn:test', kind };
    expect(() => compilePolicy(typeof text === 'string' ? text : JSON.stringify(text), source)).toThrow(
      PolicySyntaxError,
    );
  });

  it.each(MEANING)(
    'reports %s as an error that does not keep a document from compiling: %j',
    (code, text, kind = 'identity') => {
      const findings = validatePolicy(JSON.stringify(text), { kind });
      expect(findings.filter((finding) => finding.severity === 'error').map((finding) => finding.code)).toContain(code);
      compilePolicy(text, { arn: 'arn:test', kind });
    },
  );

  it.each(ADVICE)('remarks %s without an error: %j', (code, text, kind = 'identity') => {
    const findings = validatePolicy(JSON.stringify(text), { kind });
    expect(findings.map((finding) => finding.code)).toContain(code);
    expect(findings.filter((finding) => finding.severity === 'error')).toEqual([]);
  });

  it.each<[PolicyKind, object]>([
    ['identity', document(ALLOW)],
    ['identity', cond({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] }, Null: { 'aws:TagKeys': 'false' } })],
    ['scp', document({ Effect: 'Allow', Action: '*', Resource: '*' })],
    ['rcp', rcp({})],
    ['resource', resource({ Sid: 'Enable IAM User Permissions' })],
    ['trust', trust({})],
    ['endpoint', document({ ...ALLOW, Principal: '*' })],
  ])('finds nothing in a sound %s policy', (kind, text) => {
    expect(validatePolicy(JSON.stringify(text), { kind })).toEqual([]);
  });

  it('points at the place: pointer, line and column', () => {
    const text =
      '{\n  "Version": "2012-10-17",\n  "Statement": [{\n    "Effect": "Allow",\n    "Action": ["s3:GetObject", "GetObject"],\n    "Resource": "*" }]\n}';
    const [finding] = validatePolicy(text, { kind: 'identity' });
    expect(finding).toMatchObject({
      code: 'bad-action',
      severity: 'error',
      pointer: '/Statement/0/Action/1',
      line: 5,
      column: 32,
    });
  });

  it('escapes pointers and counts lines of condition keys', () => {
    const text = `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{\n"NumericEquals":{"aws:RequestTag/a~b":"x"}}}}`;
    const finding = validatePolicy(text, { kind: 'identity' }).find(({ code }) => code === 'bad-number');
    expect(finding).toMatchObject({
      pointer: '/Statement/Condition/NumericEquals/aws:RequestTag~1a~0b',
      line: 2,
      column: 39,
    });
  });
});

describe('limits', () => {
  const withSize = (length: number) => {
    const shell = JSON.stringify(allow({ Sid: '' })).length;
    return JSON.stringify(allow({ Sid: 'x'.repeat(length - shell) }));
  };

  it('refuses 65,537 characters and takes 65,536', () => {
    expect(validatePolicy(withSize(65_537), { kind: 'identity' })[0]?.code).toBe('too-long');
    expect(validatePolicy(withSize(65_536), { kind: 'identity' }).map(({ code }) => code)).toEqual(['nearly-too-long']);
  });

  it('refuses 1,001 statements and takes 1,000', () => {
    const many = (count: number) =>
      JSON.stringify(
        document(
          ...Array.from({ length: count }, (_, sid) => ({
            Sid: `${sid}`,
            Effect: 'Deny',
            NotAction: [],
            Resource: '*',
          })),
        ),
      );
    const check = (text: string) =>
      validatePolicy(text, {
        kind: 'identity',
        limits: {
          ...defaultLimits,
          size: { ...defaultLimits.size, identity: { characters: 1e6, countsWhiteSpace: true } },
        },
      }).filter(({ severity }) => severity === 'error');
    expect(check(many(1_001)).map(({ code }) => code)).toEqual(['too-many-statements']);
    expect(check(many(1_000))).toEqual([]);
  });

  it('does not count white space outside strings for managed policies of AWS, but for service control policies', () => {
    const padded = `${JSON.stringify(document(ALLOW))}${' '.repeat(11_000)}`;
    expect(validatePolicy(padded, { kind: 'identity', limits: awsStrict })).toEqual([]);
    expect(validatePolicy(padded, { kind: 'scp', limits: awsStrict })[0]?.code).toBe('too-long');
    expect(validatePolicy(withSize(6_145), { kind: 'identity', limits: awsStrict })[0]?.code).toBe('too-long');
  });

  it('refuses characters beyond U+00FF under the strict profile only', () => {
    const text = JSON.stringify(cond({ StringEquals: { 'aws:PrincipalTag/x': '研发' } }));
    expect(validatePolicy(text, { kind: 'identity', limits: awsStrict })[0]?.code).toBe('bad-character');
    expect(validatePolicy(text, { kind: 'identity' })).toEqual([]);
  });
});

describe('references', () => {
  const action = (name: string, resourceTypes: string[], conditionKeys: string[] = []): [string, ActionEntry] => [
    name.toLowerCase(),
    { name, resourceTypes, conditionKeys },
  ];
  const catalogue: ActionCatalogue = {
    services: new Map([
      [
        'kms',
        new Map([
          action('Decrypt', ['kms:key'], ['kms:EncryptionContext:', 'aws:ResourceTag/']),
          action('GenerateDataKey', ['kms:key']),
          action('CreateKey', [], ['aws:RequestTag/', 'aws:TagKeys']),
        ]),
      ],
      ['secretsmanager', new Map([action('GetSecretValue', ['secretsmanager:secret'])])],
    ]),
    conditionKeys: new Map([
      ['aws:sourceip', { type: 'ip', multivalued: false }],
      ['aws:username', { type: 'string', multivalued: false }],
      ['aws:tagkeys', { type: 'string', multivalued: true }],
      ['aws:requesttag/', { type: 'string', multivalued: false }],
      ['aws:currenttime', { type: 'date', multivalued: false }],
      ['kms:encryptioncontext:', { type: 'string', multivalued: false }],
    ]),
    namespaces: new Set(['shop']),
    resources: new Map([['kms:key', 'arn:*:kms:*:*:key/*']]),
  };
  const kms = (change: object) => document({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...change });
  const check = (text: object) => validatePolicy(JSON.stringify(text), { kind: 'identity', catalogue });

  it.each<[string, object, string | undefined]>([
    ['unknown-service', kms({ Action: 'kns:Decrypt' }), 'did you mean kms'],
    ['unknown-action', kms({ Action: 'kms:Decript' }), 'did you mean Decrypt'],
    ['unknown-action', kms({ Action: 'kms:LaunchRocket' }), undefined],
    ['action-matches-nothing', kms({ Action: 'kms:Zap*' }), undefined],
    ['unsupported-resource', kms({ Resource: 'arn:aws:s3:::b' }), 'types: kms:key'],
    ['unsupported-resource', kms({ Resource: 'arn:aws:kms:local-1:111122223333:alias/x' }), 'types: kms:key'],
    [
      'unsupported-resource',
      kms({ Action: 'kms:CreateKey', Resource: 'arn:aws:kms:*:*:key/*' }),
      'write "*": these actions act on no particular resource',
    ],
    ['unknown-global-key', kms({ Condition: { StringEquals: { 'aws:usernam': 'a' } } }), 'did you mean aws:username'],
    ['unknown-key', kms({ Condition: { StringEquals: { 'kms:Colour': 'a' } } }), undefined],
    ['type-mismatch', kms({ Condition: { StringEquals: { 'aws:SourceIp': '10.0.0.1' } } }), undefined],
    [
      'missing-qualifier',
      kms({ Action: 'kms:CreateKey', Condition: { StringEquals: { 'aws:TagKeys': 'a' } } }),
      'write ForAnyValue:StringEquals or ForAllValues:StringEquals',
    ],
    [
      'for-all-values-single',
      kms({ Effect: 'Deny', Condition: { 'ForAllValues:StringEquals': { 'aws:username': 'a' } } }),
      'write StringEquals',
    ],
    [
      'key-not-supplied',
      kms({ Action: 'kms:GenerateDataKey', Condition: { StringEquals: { 'kms:EncryptionContext:app': 'a' } } }),
      undefined,
    ],
    [
      'key-not-supplied',
      kms({ Effect: 'Deny', Condition: { StringEquals: { 'aws:RequestTag/env': 'a' } } }),
      'the Deny may never apply',
    ],
  ])('reports %s: %j', (code, text, hint) => {
    const found = check(text).find((finding) => finding.code === code);
    expect(found, JSON.stringify(check(text))).toBeDefined();
    expect(found?.hint).toBe(hint);
  });

  it.each([
    kms({ Resource: 'arn:aws:kms:*:111122223333:key/${aws:username}' }),
    kms({ Condition: { StringEquals: { 'kms:EncryptionContext:app': 'a' } } }),
    kms({
      Condition: {
        TimeOfDayBetween: { 'aws:CurrentTime': '00:00-04:00@UTC' },
        IpAddress: { 'aws:SourceIp': '203.0.113.0/24' },
      },
    }),
    kms({ Action: 'ccms:GetSecretValue', Resource: 'arn:aws:secretsmanager:*:*:secret:x*' }),
    kms({ Action: 'shop:Refund', Condition: { StringEquals: { 'shop:Region': 'eu' } } }),
    kms({ Action: 'kms:Generate*' }),
  ])('has no objection to %j', (text) => {
    expect(check(text)).toEqual([]);
  });
});
