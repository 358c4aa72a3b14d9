/** Secrets: their names, descriptions and keys. Nothing here answers a value. */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { flag, list, oneOf, structure } from '../../../platform/contract/shape.ts';
import { CONTENT_CONDITIONS, SECRET_CONDITIONS, TAG_CONDITIONS } from './conditions.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { TARGET, vault } from './service.ts';
import {
  DescribedSecret,
  Description,
  Filters,
  ForceFlag,
  KmsKeyId,
  ListedSecret,
  MaxResults,
  NextToken,
  named,
  ReplicaRegions,
  SecretBinary,
  SecretId,
  SecretName,
  SecretString,
  Tags,
  VersionId,
} from './shapes.ts';

const token = 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111';

export const CreateSecret = defineOperation({
  ...vault('management'),
  name: 'CreateSecret',
  doc: 'Makes a secret, with its first value if one is given. The token becomes the id of the version; the same token and value again answer the same secret.',
  input: structure({
    Name: SecretName,
    ClientRequestToken: VersionId.optional(),
    Description: Description.optional(),
    KmsKeyId: KmsKeyId.optional(),
    SecretBinary: SecretBinary.optional(),
    SecretString: SecretString.optional(),
    Tags: Tags.optional(),
    AddReplicaRegions: ReplicaRegions.optional(),
    ForceOverwriteReplicaSecret: ForceFlag.optional(),
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ ...named, VersionId: VersionId.optional() }),
  errors: changeErrors(
    'AlreadyExists',
    'LimitExceeded',
    'EncryptionFailure',
    'DecryptionFailure',
    'EnterpriseProjectDisabled',
  ),
  authz: {
    action: 'secretsmanager:CreateSecret',
    alsoChecks: ['secretsmanager:TagResource'],
    resource: 'secretsmanager:secret',
    conditions: [
      ...CONTENT_CONDITIONS,
      ...TAG_CONDITIONS,
      'secretsmanager:Name',
      'secretsmanager:AddReplicaRegions',
      'secretsmanager:ForceOverwriteReplicaSecret',
      'parapet:EnterpriseProjectId',
    ],
  },
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.CreateSecret`, unsupported: ['Type'] },
  examples: [
    {
      title: 'with a value',
      input: { Name: 'shop/db', ClientRequestToken: token, SecretString: '{"password":"s3cret"}' },
    },
  ],
});

export const DescribeSecret = defineOperation({
  ...vault('management'),
  name: 'DescribeSecret',
  doc: 'Describes a secret and the stages of its versions, without any value. Works while the secret waits for its deletion.',
  input: structure({ SecretId }),
  output: structure(DescribedSecret),
  errors: readErrors(),
  authz: {
    action: 'secretsmanager:DescribeSecret',
    resource: 'secretsmanager:secret',
    conditions: SECRET_CONDITIONS,
  },
  effect: 'read',
  aws: { protocol: 'json-1.1', target: `${TARGET}.DescribeSecret` },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const UpdateSecret = defineOperation({
  ...vault('management'),
  name: 'UpdateSecret',
  doc: 'Changes description, key or value of a secret. A new value becomes AWSCURRENT; without one the token makes no version. A new key re-encrypts the versions that hold AWSCURRENT, AWSPENDING and AWSPREVIOUS where the caller may use both keys.',
  input: structure({
    SecretId,
    ClientRequestToken: VersionId.optional(),
    Description: Description.optional(),
    KmsKeyId: KmsKeyId.optional(),
    SecretBinary: SecretBinary.optional(),
    SecretString: SecretString.optional(),
  }),
  output: structure({ ...named, VersionId: VersionId.optional() }),
  errors: changeErrors('AlreadyExists', 'LimitExceeded', 'EncryptionFailure', 'DecryptionFailure'),
  authz: {
    action: 'secretsmanager:UpdateSecret',
    resource: 'secretsmanager:secret',
    conditions: [...SECRET_CONDITIONS, ...CONTENT_CONDITIONS],
  },
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.UpdateSecret`, unsupported: ['Type'] },
  examples: [
    { title: 'the description', input: { SecretId: 'shop/db', ClientRequestToken: token, Description: 'of the shop' } },
  ],
});

export const SORT_KEYS = ['created-date', 'last-accessed-date', 'last-changed-date', 'name'] as const;

export const ListSecrets = defineOperation({
  ...vault('management'),
  name: 'ListSecrets',
  doc: 'Lists the secrets of the account of the caller, newest first unless asked otherwise. A page may be empty while NextToken says that the list goes on.',
  input: structure({
    IncludePlannedDeletion: flag().optional(),
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
    Filters: Filters.optional(),
    SortOrder: oneOf(['asc', 'desc']).optional(),
    SortBy: oneOf(SORT_KEYS).optional(),
  }),
  output: structure({ SecretList: list(ListedSecret, 0, 100), NextToken: NextToken.optional() }),
  errors: errors('InvalidParameter', 'InvalidNextToken'),
  authz: { action: 'secretsmanager:ListSecrets', resource: '*' },
  onBehalf: ['ccms'],
  effect: 'read',
  aws: { protocol: 'json-1.1', target: `${TARGET}.ListSecrets` },
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [
    { title: 'of the account', input: {} },
    { title: 'by name', input: { Filters: [{ Key: 'name', Values: ['shop/'] }], SortBy: 'name' } },
  ],
});
