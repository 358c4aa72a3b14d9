/** Values of secrets. Only these operations, and the comparison of versions, open one. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, flag, integer, list, secretText, structure, text } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { TARGET, vault } from './service.ts';
import {
  Filters,
  NextToken,
  named,
  SecretBinary,
  SecretId,
  SecretString,
  SecretValue,
  Stage,
  Stages,
  VersionId,
} from './shapes.ts';

const token = 'a1b2c3d4-5678-90ab-cdef-EXAMPLE22222';

export const GetSecretValue = defineOperation({
  ...vault('data'),
  name: 'GetSecretValue',
  doc: 'Answers a value: of AWSCURRENT, of another stage, or of a version. The caller also needs kms:Decrypt on the key of the value.',
  input: structure({ SecretId, VersionId: VersionId.optional(), VersionStage: Stage.optional() }),
  output: structure(SecretValue),
  errors: readErrors('InvalidRequest', 'DecryptionFailure'),
  authz: {
    action: 'secretsmanager:GetSecretValue',
    resource: 'secretsmanager:secret',
    conditions: [...SECRET_CONDITIONS, 'secretsmanager:VersionId', 'secretsmanager:VersionStage'],
  },
  onBehalf: ['ccms'],
  effect: 'use',
  aws: { protocol: 'json-1.1', target: `${TARGET}.GetSecretValue` },
  examples: [{ title: 'the current value', input: { SecretId: 'shop/db' } }],
});

export const BatchGetSecretValue = defineOperation({
  ...vault('data'),
  name: 'BatchGetSecretValue',
  doc: 'Answers the current values of up to 20 secrets, named or found by filters. Each is decided and recorded like GetSecretValue; what cannot be answered is in Errors.',
  input: structure({
    SecretIdList: list(SecretId, 1, 20).optional(),
    Filters: Filters.optional(),
    MaxResults: integer(1, 20).optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({
    SecretValues: list(annotate(structure(SecretValue), { title: 'SecretValueEntry' }), 0, 20),
    NextToken: NextToken.optional(),
    Errors: list(
      annotate(structure({ SecretId, ErrorCode: text(1, 128), Message: text(0, 4096) }), { title: 'BatchError' }),
      0,
      20,
    ),
  }),
  errors: errors('InvalidParameter', 'InvalidNextToken'),
  authz: {
    action: 'secretsmanager:BatchGetSecretValue',
    alsoChecks: ['secretsmanager:GetSecretValue', 'secretsmanager:ListSecrets'],
    resource: '*',
  },
  effect: 'use',
  aws: { protocol: 'json-1.1', target: `${TARGET}.BatchGetSecretValue` },
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 20 },
  examples: [{ title: 'two secrets', input: { SecretIdList: ['shop/db', 'shop/api'] } }],
});

export const PutSecretValue = defineOperation({
  ...vault('management'),
  name: 'PutSecretValue',
  doc: 'Adds a version with a value. It becomes AWSCURRENT, or takes the stages that are named. The same token and value again change nothing. The empty version of a rotation takes the value of its token.',
  input: structure({
    SecretId,
    ClientRequestToken: VersionId.optional(),
    SecretBinary: SecretBinary.optional(),
    SecretString: SecretString.optional(),
    VersionStages: Stages.optional(),
    RotationToken: secretText(36, 256).optional(),
  }),
  output: structure({ ...named, VersionId, VersionStages: Stages.optional() }),
  errors: changeErrors('AlreadyExists', 'LimitExceeded', 'EncryptionFailure', 'DecryptionFailure'),
  authz: {
    action: 'secretsmanager:PutSecretValue',
    resource: 'secretsmanager:secret',
    conditions: [...SECRET_CONDITIONS, 'secretsmanager:VersionStage'],
  },
  onBehalf: ['ccms'],
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.PutSecretValue` },
  examples: [
    { title: 'text', input: { SecretId: 'shop/db', ClientRequestToken: token, SecretString: '{"password":"n3w"}' } },
  ],
});

export const GetRandomPassword = defineOperation({
  ...vault('data'),
  name: 'GetRandomPassword',
  doc: 'Makes a password from the generator of the HSM. It is not kept.',
  input: structure({
    PasswordLength: integer(1, 4096).optional(),
    ExcludeCharacters: text(0, 4096).optional(),
    ExcludeNumbers: flag().optional(),
    ExcludePunctuation: flag().optional(),
    ExcludeUppercase: flag().optional(),
    ExcludeLowercase: flag().optional(),
    IncludeSpace: flag().optional(),
    RequireEachIncludedType: flag().optional(),
  }),
  output: structure({ RandomPassword: secretText(0, 4096) }),
  errors: errors('InvalidParameter'),
  authz: { action: 'secretsmanager:GetRandomPassword', resource: '*' },
  effect: 'use',
  aws: { protocol: 'json-1.1', target: `${TARGET}.GetRandomPassword` },
  examples: [{ title: 'for a URL', input: { PasswordLength: 40, ExcludeCharacters: '/@"\'\\' } }],
});
