// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
/**
 * The small world from which test policies and test requests draw their names, so that they often meet: two accounts,
 * a few principals, actions and resources, and condition keys of every type with values that nearly collide.
 */
import type { PrincipalFacts } from '../index.ts';

export const HOME = '111122223333';
export const OTHER = '444455556666';

const session = (account: string, role: string, name: string, uniqueId: string): PrincipalFacts => ({
  kind: 'assumed-role',
  arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
  accountId: account,
  uniqueId,
  roleArn: `arn:aws:iam::${account}:role/team/${role}`,
});

export const PRINCIPALS: readonly PrincipalFacts[] = [
  { kind: 'user', arn: `arn:aws:iam::${HOME}:user/alice`, accountId: HOME, uniqueId: 'AIDAALICEALICEALICE1' },
  { kind: 'user', arn: `arn:aws:iam::${HOME}:user/ops/bob`, accountId: HOME, uniqueId: 'AIDABOBBOBBOBBOBBOB1' },
  { kind: 'user', arn: `arn:aws:iam::${OTHER}:user/alice`, accountId: OTHER, uniqueId: 'AIDAOTHEROTHEROTHER1' },
  session(HOME, 'Deploy', 'one', 'AROADEPLOYDEPLOYDEP1'),
  session(HOME, 'Deploy', 'two', 'AROADEPLOYDEPLOYDEP1'),
  session(OTHER, 'Audit', 'one', 'AROAAUDITAUDITAUDIT1'),
  {
    kind: 'federated-user',
    arn: `arn:aws:sts::${HOME}:federated-user/carol`,
    accountId: HOME,
    uniqueId: 'AIDAALICEALICEALICE1',
    userArn: `arn:aws:iam::${HOME}:user/alice`,
  },
  { kind: 'root', arn: `arn:aws:iam::${HOME}:root`, accountId: HOME },
  { kind: 'service', arn: 'backup.amazonaws.com', accountId: '' },
  { kind: 'federated-identity', arn: 'web:carol', accountId: '', federatedProvider: 'accounts.example.com' },
  { kind: 'anonymous', arn: '*', accountId: '' },
];

/** Values of Principal, by type. */
export const PRINCIPAL_NAMES: Readonly<Record<'AWS' | 'Service' | 'Federated', readonly string[]>> = {
  AWS: [
    '*',
    HOME,
    OTHER,
    `arn:aws:iam::${HOME}:root`,
    `arn:aws:iam::${OTHER}:root`,
    `arn:aws-cn:iam::${HOME}:root`,
    `arn:aws:iam::${HOME}:user/alice`,
    `arn:aws:iam::${HOME}:user/ops/bob`,
    `arn:aws:iam::${OTHER}:user/alice`,
    `arn:aws:iam::${HOME}:role/team/Deploy`,
    `arn:aws:iam::${OTHER}:role/team/Audit`,
    `arn:aws:sts::${HOME}:assumed-role/Deploy/one`,
    `arn:aws:sts::${OTHER}:assumed-role/Audit/one`,
    `arn:aws:sts::${HOME}:federated-user/carol`,
    'AIDABOBBOBBOBBOBBOB1',
  ],
  Service: ['backup.amazonaws.com', 'logs.amazonaws.com', '*'],
  Federated: ['accounts.example.com', 'other.example.com'],
};

export const ACTIONS: readonly string[] = [
  'kms:Decrypt',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  's3:GetObject',
  's3:PutObject',
  's3:GetObjectTagging',
  'iam:GetUser',
  'secretsmanager:GetSecretValue',
];

export const ACTION_PATTERNS: readonly string[] = [
  '*',
  '*:*',
  'kms:*',
  'KMS:decrypt',
  'kms:*crypt',
  'kms:?ncrypt',
  'kms:Generate*Key',
  's3:Get*',
  's3:*Object*',
  's3:G?tObject',
  's3:',
  'iam:Get*',
  'ccms:GetSecretValue',
  'secretsmanager:*',
  'org:*',
];

export const RESOURCES: readonly string[] = [
  '*',
  `arn:aws:kms:local-1:${HOME}:key/one`,
  `arn:aws:kms:local-1:${HOME}:key/two`,
  `arn:aws:kms:local-1:${OTHER}:key/one`,
  `arn:aws:kms:local-2:${HOME}:alias/one`,
  'arn:aws:s3:::backup',
  'arn:aws:s3:::backup/team/one',
  'arn:aws:s3:::backup//team/one',
  'arn:aws:s3:::b/alice/home:1',
  `arn:aws:iam::${HOME}:user/alice`,
  `arn:aws:secretsmanager:local-1:${HOME}:secret:db-AbCdEf`,
  'arn:aws:s3:::b*/*',
];

export const RESOURCE_PATTERNS: readonly string[] = [
  '*',
  'arn:aws:kms:*:*:*',
  `arn:aws:kms:*:${HOME}:key/*`,
  'arn:aws:kms:local-?:*:key/one',
  `arn:*:kms:*:${OTHER}:key/o*`,
  'arn:aws:kms:*:*:k*',
  'arn:aws:kms:*:1111*:key/*',
  'arn:aws:kms:*:??1122223333:key/*',
  'arn:aws:kms:local-1*:*:key/one',
  'arn:aws:s3:::b*',
  'arn:aws:s3:::b*p/*',
  'arn:aws:s3:::backup/*/one',
  'arn:aws:s3:::b/*/t*/x',
  'arn:aws:s3:::*/team/*',
  'arn:aws:iam::*:u*',
  'arn:aws:iam::*:user/*',
  `arn:aws:secretsmanager:*:${HOME}:secret:db-??????`,
];

/** Only under version 2012-10-17 are these variables. */
export const VARIABLE_RESOURCES: readonly string[] = [
  'arn:aws:s3:::b/${aws:username}/*',
  'arn:aws:s3:::backup/${aws:PrincipalTag/team}/*',
  "arn:aws:s3:::b${aws:PrincipalTag/team, 'ackup'}*",
  'arn:aws:s3:::b${*}/*',
  'arn:aws:iam::*:user/${aws:UserName}',
  'arn:aws:kms:*:*:${aws:PrincipalTag/kind}/one',
  "arn:aws:kms:*:*:key/${aws:TagKeys, 'one'}",
];

export const SHORT_ARNS: readonly string[] = ['arn:aws:kms', 'arn:aws:s3:*', 'arn:aws:kms:local-1', 'arn:*'];

/** Fewer than six segments that a service control policy accepts. */
export const PADDED_ARNS: readonly string[] = ['arn:aws:s3:*', 'arn:aws:kms:local*', 'arn:*'];

export interface KeyDomain {
  readonly key: string;
  readonly operators: readonly string[];
  /** What policies write. */
  readonly operands: readonly string[];
  /** What requests carry. */
  readonly values: readonly string[];
  readonly multivalued: boolean;
}

const STRING = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'];
const NO_CASE = ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'];
const ARN = ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'];
const ORDER = ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals', 'NotEquals'];
const NUMERIC = ORDER.map((order) => `Numeric${order}`);
const DATE = ORDER.map((order) => `Date${order}`);

export const PROJECT_DOMAIN: KeyDomain = {
  key: 'parapet:EnterpriseProjectId',
  operators: STRING,
  operands: ['0', 'one', 'o*'],
  values: ['0', 'one', 'two'],
  multivalued: false,
};

export const KEY_DOMAINS: readonly KeyDomain[] = [
  PROJECT_DOMAIN,
  {
    key: 'aws:PrincipalTag/team',
    operators: [...STRING, ...NO_CASE],
    operands: [
      'team',
      'Team',
      'te*',
      '*',
      'te?m',
      '${aws:username}',
      "${aws:PrincipalTag/kind, 'team'}",
      '${$}x',
      't${*}',
    ],
    values: ['team', 'Team', 'ackup', '*', 'te*', 'alice', '', '$x', 't*'],
    multivalued: false,
  },
  {
    key: 'aws:username',
    operators: STRING,
    operands: ['alice', 'bob', 'al*', '${aws:PrincipalTag/team}', '${aws:TagKeys}'],
    values: ['alice', 'bob', 'al*', 'ALICE'],
    multivalued: false,
  },
  {
    key: 'aws:PrincipalTag/kind',
    operators: [...STRING, ...NO_CASE],
    operands: ['key', 'user', 'KEY', '?ey'],
    values: ['key', 'user', 'k*', 'team'],
    multivalued: false,
  },
  {
    key: 'aws:TagKeys',
    operators: [...STRING, ...NO_CASE],
    operands: ['env', 'owner', 'e*', 'ENV'],
    values: ['env', 'owner', 'cost', ''],
    multivalued: true,
  },
  {
    key: 'aws:MultiFactorAuthPresent',
    operators: ['Bool'],
    operands: ['true', 'false', 'TRUE'],
    values: ['true', 'false', 'True', 'yes'],
    multivalued: false,
  },
  {
    key: 'aws:MultiFactorAuthAge',
    operators: NUMERIC,
    operands: ['3600', '3600.0', '0', '-1.5', '-2', '9007199254740993'],
    values: ['3600', '03600.00', '3600.000000000000000001', '10abc', '-1.50', '-3', '9007199254740992', '1e3'],
    multivalued: false,
  },
  {
    key: 'aws:CurrentTime',
    operators: [...DATE, 'TimeOfDayBetween'],
    operands: ['2025', '2025-06-15', '2025-06-15T12:00:00Z', '2025-06-15T14:00:00+02:00', '1749988800', '1749988800.5'],
    values: [
      '2025-06-15T12:00:00Z',
      '2025-06-15T12:00:00.5Z',
      '2025-06-15T12:00:01Z',
      '2025-06-14T20:00:00Z',
      '1749988800',
      '2025',
      '2025-03-30T00:59:59Z',
      '2025-03-30T01:00:00Z',
      '2025-10-26T01:30:00Z',
      '2025-01-01T18:00Z',
      'soon',
    ],
    multivalued: false,
  },
  {
    key: 'aws:SourceIp',
    operators: ['IpAddress', 'NotIpAddress'],
    operands: ['10.0.0.0/8', '10.1.2.3', '2001:db8::/32', '0.0.0.0/0', '::/0', '10.1.2.0/25', '2001:db8::1'],
    values: ['10.1.2.3', '10.1.2.200', '2001:0db8:0::1', '192.168.0.1', '2001:db9::', '10.1.2', 'unknown'],
    multivalued: false,
  },
  {
    key: 'aws:PrincipalArn',
    operators: ARN,
    operands: [
      `arn:aws:iam::${HOME}:user/*`,
      'arn:aws:iam::*:role/team/*',
      'arn:aws:iam::*:*/${aws:username}',
      'arn:aws:*:*:user/alice',
      `arn:aws:iam::${OTHER}:user/?lice`,
    ],
    values: [
      `arn:aws:iam::${HOME}:user/alice`,
      `arn:aws:iam::${OTHER}:user/alice`,
      `arn:aws:iam::${HOME}:role/team/Deploy`,
      'web:carol',
    ],
    multivalued: false,
  },
  {
    key: 'kms:EncryptionContext:blob',
    operators: ['BinaryEquals'],
    operands: ['AAECAw==', 'aGVsbG8='],
    values: ['AAECAw==', 'aGVsbG8=', 'aGVsbG8'],
    multivalued: false,
  },
];

export const TIME_WINDOWS: readonly string[] = [
  '00:00-04:00@Asia/Shanghai',
  '22:00-06:00@Europe/Berlin',
  '02:30-03:30@Europe/Berlin',
  '12:00:00-12:00:01@UTC',
  '18:00-24:00@America/New_York',
];
