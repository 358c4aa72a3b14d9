/** Versions of a secret, their stages, their history. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, annotate, flag, list, oneOf, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors, readErrors } from './errors.ts';
import { TARGET, vault } from './service.ts';
import {
  MAX_VALUE_BYTES,
  MaxResults,
  NextToken,
  named,
  ordinal,
  SecretId,
  SecretName,
  SecretVersion,
  Stage,
  Stages,
  VersionId,
  VersionRecord,
} from './shapes.ts';

const token = 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111';
const onSecret = <N extends string>(name: N, ...conditions: string[]) => ({
  action: `secretsmanager:${name}`,
  resource: 'secretsmanager:secret',
  conditions: [...SECRET_CONDITIONS, ...conditions],
});

export const ListSecretVersionIds = defineOperation({
  ...vault('management'),
  name: 'ListSecretVersionIds',
  doc: 'Lists the versions of a secret, newest first; those without a stage only when asked for.',
  input: structure({
    SecretId,
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
    IncludeDeprecated: flag().optional(),
  }),
  output: structure({ Versions: list(SecretVersion, 0, 200), NextToken: NextToken.optional(), ...named }),
  errors: readErrors('InvalidNextToken'),
  authz: onSecret('ListSecretVersionIds'),
  effect: 'read',
  aws: { protocol: 'json-1.1', target: `${TARGET}.ListSecretVersionIds` },
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const UpdateSecretVersionStage = defineOperation({
  ...vault('management'),
  name: 'UpdateSecretVersionStage',
  doc: 'Moves a stage to a version, or removes it. A stage that another version holds is only taken from the one that is named. The version that loses AWSCURRENT becomes AWSPREVIOUS.',
  input: structure({
    SecretId,
    VersionStage: Stage,
    RemoveFromVersionId: VersionId.optional(),
    MoveToVersionId: VersionId.optional(),
  }),
  output: structure(named),
  errors: changeErrors('LimitExceeded'),
  authz: onSecret('UpdateSecretVersionStage', 'secretsmanager:VersionStage'),
  onBehalf: ['ccms'],
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.UpdateSecretVersionStage` },
  examples: [{ title: 'a stage', input: { SecretId: 'shop/db', VersionStage: 'blue', MoveToVersionId: token } }],
});

export const ListSecretVersions = defineOperation({
  ...vault('management'),
  name: 'ListSecretVersions',
  doc: 'The history of a secret, newest first: number, stages, author, key and expiry of every version, without any value.',
  input: structure({ SecretId, MaxResults: MaxResults.optional(), NextToken: NextToken.optional() }),
  output: structure({ ...named, Versions: list(VersionRecord, 0, 100), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onSecret('ListSecretVersions'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

/** One version: by its id, or by its number. */
const chosen = { VersionId: VersionId.optional(), Ordinal: ordinal().optional() };

/** Names of keys are part of the value: no record keeps them. */
const keyNames = annotate(list(text(0, MAX_VALUE_BYTES, { audit: 'drop' }), 0, 10_000), { audit: 'length' });

export const DiffSecretVersions = defineOperation({
  ...vault('data'),
  name: 'DiffSecretVersions',
  doc: 'What differs between two versions, without values: for JSON objects the names of the keys that were added, removed or changed. The caller also needs kms:Decrypt on their keys.',
  input: structure({ SecretId, From: structure(chosen), To: structure(chosen) }),
  output: structure({
    ARN: ArnText,
    Name: SecretName,
    FromVersionId: VersionId,
    ToVersionId: VersionId,
    Equal: flag(),
    /** json: both are JSON objects, and the lists below say what differs. */
    Comparable: oneOf(['json', 'opaque']),
    Added: keyNames,
    Removed: keyNames,
    Changed: keyNames,
  }),
  errors: readErrors('InvalidRequest', 'DecryptionFailure'),
  authz: onSecret('DiffSecretVersions'),
  effect: 'use',
  examples: [{ title: 'by number', input: { SecretId: 'shop/db', From: { Ordinal: 1 }, To: { Ordinal: 2 } } }],
});

export const RollBackSecret = defineOperation({
  ...vault('management'),
  name: 'RollBackSecret',
  doc: 'Makes an earlier version AWSCURRENT again, if the present one is still the one that is named.',
  input: structure({ SecretId, ...chosen, IfCurrentVersionId: VersionId }),
  output: structure({ ...named, VersionId, Ordinal: ordinal(), VersionStages: Stages }),
  errors: changeErrors('PreconditionNotMet'),
  authz: onSecret('RollBackSecret', 'secretsmanager:VersionStage'),
  effect: 'write',
  examples: [{ title: 'by number', input: { SecretId: 'shop/db', Ordinal: 1, IfCurrentVersionId: token } }],
});

export const SetSecretVersionExpiry = defineOperation({
  ...vault('management'),
  name: 'SetSecretVersionExpiry',
  doc: 'Says when a version stops being readable. Without a time it is readable for good, also when it had expired.',
  input: structure({ SecretId, ...chosen, ExpiresAt: timestamp().optional() }),
  output: structure({ ...named, VersionId, Ordinal: ordinal(), ExpiresAt: timestamp().optional() }),
  errors: changeErrors(),
  authz: onSecret('SetSecretVersionExpiry'),
  effect: 'write',
  examples: [
    { title: 'at new year', input: { SecretId: 'shop/db', Ordinal: 1, ExpiresAt: '2030-01-01T00:00:00.000Z' } },
  ],
});
