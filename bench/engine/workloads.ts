/** The workloads of iam.md part 6: B1 identity only, B2 the full stack, B3 hostile globs, B4 every condition operator. */
import {
  type AuthorizationRequest,
  buildPolicySet,
  compilePolicy,
  type Layers,
  type PolicyKind,
  type PolicySet,
} from '../../policies/engine/index.ts';

const ACCOUNT = '111122223333';
const STATEMENTS_PER_POLICY = 100;
const user = { kind: 'user', arn: `arn:aws:iam::${ACCOUNT}:user/alice`, accountId: ACCOUNT } as const;
const session = {
  kind: 'assumed-role',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Deploy/run`,
  accountId: ACCOUNT,
  roleArn: `arn:aws:iam::${ACCOUNT}:role/Deploy`,
  uniqueId: 'AROADEPLOYDEPLOYDEP1',
} as const;

export interface Workload {
  readonly request: AuthorizationRequest;
  readonly layers: Layers;
}

function policySet(kind: PolicyKind, statements: readonly object[], perPolicy = STATEMENTS_PER_POLICY): PolicySet {
  const policies = [];
  for (let start = 0; start < statements.length; start += perPolicy) {
    const document = { Version: '2012-10-17', Statement: statements.slice(start, start + perPolicy) };
    policies.push(compilePolicy(document, { arn: `arn:aws:iam::${ACCOUNT}:policy/p${start}`, kind, builtIn: true }));
  }
  return buildPolicySet(policies);
}

function times<T>(count: number, make: (number: number) => T): T[] {
  return Array.from({ length: count }, (_, number) => make(number));
}

/** B1: distinct ARN prefix and one StringEquals tag per statement; the last one matches. */
export function identityOnly(count: number): Workload {
  const statements = times(count, (number) => ({
    Effect: 'Allow',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::bucket-${number}/*`,
    Condition: { StringEquals: { 'aws:PrincipalTag/team': `team-${number}` } },
  }));
  const last = count - 1;
  return {
    layers: { identity: policySet('identity', statements) },
    request: {
      principal: user,
      action: 's3:GetObject',
      resource: `arn:aws:s3:::bucket-${last}/folder/object`,
      context: new Map([['aws:principaltag/team', `team-${last}`]]),
    },
  };
}

/**
 * B2: 10 identity policies of 20 statements, boundary of 20, session policy of 5, key policy of 10, five SCP levels
 * of 10 policies of 20, five RCP levels of 5 policies of 5. The key policy names the account, so every layer counts.
 */
export function fullStack(): Workload {
  const services = ['kms', 's3', 'iam', 'secretsmanager', 'acm-pca'];
  const verbs = ['Get', 'List', 'Put', 'Create', 'Delete'];
  const mixed = (number: number, effect: string) => ({
    Effect: effect,
    Action: [`${services[number % 5]}:${verbs[(number >> 2) % 5]}*`, `${services[(number + 1) % 5]}:Describe${number}`],
    Resource: `arn:aws:${services[number % 5]}:*:*:thing-${number}/*`,
    Condition: { StringEquals: { 'aws:PrincipalTag/team': [`team-${number}`, 'platform'] } },
  });
  // Fences concern a whole service, so a fifth of them concerns the request.
  const fence = (number: number) => ({
    Effect: 'Deny',
    Action: `${services[number % 5]}:*`,
    Resource: '*',
    Condition: { StringNotEquals: { 'aws:RequestedRegion': ['local-1', `region-${number}`] } },
  });
  const own = {
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: `arn:aws:kms:*:${ACCOUNT}:key/*`,
  };
  const withMfa = {
    ...own,
    Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' }, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
  };
  const full = { Effect: 'Allow', Action: '*', Resource: '*' };
  const everyone = { Principal: '*' };
  const scpLevel = () =>
    policySet('scp', [full, ...times(199, (number) => (number % 4 === 0 ? fence(number) : mixed(number, 'Deny')))], 20);
  const rcpLevel = () =>
    policySet('rcp', [{ ...full, ...everyone }, ...times(24, (number) => ({ ...fence(number), ...everyone }))], 5);
  const level = (set: PolicySet, number: number) => ({ id: `ou-${number}`, name: `ou-${number}`, set });
  const key = times(9, (number) => ({
    ...mixed(number, 'Allow'),
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/other-${number}` },
  }));
  return {
    layers: {
      rcp: times(5, (number) => level(rcpLevel(), number)),
      scp: times(5, (number) => level(scpLevel(), number)),
      resource: policySet('resource', [...key, { ...full, Action: 'kms:*', Principal: { AWS: ACCOUNT } }]),
      resourceTrust: 'explicit',
      identity: policySet(
        'identity',
        [...times(199, (number) => mixed(number, number % 7 === 0 ? 'Deny' : 'Allow')), withMfa],
        20,
      ),
      boundary: policySet('boundary', [...times(19, (number) => mixed(number, 'Allow')), own]),
      session: policySet('session', [...times(4, (number) => mixed(number, 'Allow')), own]),
    },
    request: {
      principal: session,
      action: 'kms:Decrypt',
      resource: `arn:aws:kms:local-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
      resourceAccount: ACCOUNT,
      context: new Map([
        ['aws:principaltag/team', 'platform'],
        ['aws:requestedregion', 'local-1'],
        ['aws:multifactorauthpresent', 'true'],
        ['aws:sourceip', '10.1.2.3'],
      ]),
    },
  };
}

/** B3: 1,000 patterns of four stars each against a run of one letter; none matches and none can be skipped. */
export function hostileGlobs(textLength: number): Workload {
  const statements = times(1_000, (number) => ({
    Effect: 'Allow',
    Action: 's3:*',
    Resource: `arn:aws:s3:::*a*a*a*b${number}`,
  }));
  return {
    layers: { identity: policySet('identity', statements) },
    request: {
      principal: user,
      action: 's3:GetObject',
      resource: `arn:aws:s3:::${'a'.repeat(textLength)}b`,
      context: new Map(),
    },
  };
}

const OPERATORS: readonly (readonly [names: readonly string[], value: string, operand: (number: number) => string])[] =
  [
    [
      ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
      'value-x',
      (n) => `value-${n}`,
    ],
    [['StringLike', 'StringNotLike'], 'value-x', (n) => `*alue-${n}*`],
    [['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals'], '1000.5', (n) => `${n}.25`],
    [['NumericGreaterThan', 'NumericGreaterThanEquals'], '-1', (n) => `${n}.25`],
    [
      ['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateLessThanEquals'],
      '2025-06-15T12:00:00Z',
      (n) => `20${10 + (n % 15)}-01-01`,
    ],
    [['DateGreaterThan', 'DateGreaterThanEquals'], '2001-06-15T12:00:00Z', (n) => `20${10 + (n % 15)}-01-01`],
    [['Bool'], 'false', () => 'true'],
    [['BinaryEquals'], 'AAAA', (n) => Buffer.from([n, 1, 2]).toString('base64')],
    [['IpAddress', 'NotIpAddress'], '192.0.2.1', (n) => `10.${n}.0.0/16`],
    [['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'], 'arn:aws:s3:::bucket', (n) => `arn:aws:s3:::b*-${n}`],
  ];

/** B4: 26 operators in four forms, 50 values each (200 ranges for addresses); each workload is one statement. */
export function conditionForms(): { readonly name: string; readonly workload: Workload }[] {
  const forms = ['', 'IfExists', 'ForAllValues:', 'ForAnyValue:'];
  return OPERATORS.flatMap(([names, value, operand]) =>
    names.flatMap((name) =>
      forms.map((form) => {
        const operator = form.endsWith(':') ? form + name : name + form;
        const count = name === 'Bool' ? 1 : name.includes('Ip') ? 200 : 50;
        const statement = {
          Effect: 'Allow',
          Action: 's3:*',
          Resource: '*',
          Condition: { [operator]: { 'app:key': times(count, operand) } },
        };
        const sent = form.endsWith(':') ? [value, value] : value;
        const request = {
          principal: user,
          action: 's3:GetObject',
          resource: '*',
          context: new Map([['app:key', sent]]),
        };
        return { name: operator, workload: { layers: { identity: policySet('identity', [statement]) }, request } };
      }),
    ),
  );
}
